"""What frameworks raise where memory ran out is recognised."""

import pytest

import robaudit
from robaudit.predicting import failing_as


def test_frameworks_out_of_memory_are_recognised() -> None:
    class OutOfMemoryError(RuntimeError):
        """As a framework has it."""

    for error in (
        OutOfMemoryError("CUDA"),
        RuntimeError("Failed to allocate memory for requested buffer of size 1000"),
        RuntimeError(
            "[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate "
            "memory: you tried to allocate 4000000000000000 bytes. Error code 12 (Cannot allocate "
            "memory)"
        ),
        RuntimeError("[enforce fail] DefaultCPUAllocator: not enough memory: you tried"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"),
        RuntimeError("std::bad_alloc"),
    ):
        with pytest.raises(MemoryError), failing_as("the model"):
            raise error
    with pytest.raises(robaudit.RobauditError), failing_as("the model"):
        raise RuntimeError("another failure")
