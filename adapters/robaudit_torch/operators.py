"""The operators that compute, and do nothing else: what a stranger's program may use.

The list is of names as torch has them in the graphs of TorchScript and of exported programs,
``aten::relu``. Of ``aten`` these are the public ones, but for a few that read or write files,
print, talk to other processes, change what the whole program shares or do not try what they are
given, and such of the inner ones as models come to use. A new operator of torch's is on it only
where its name is public and no word in it is one of those.
"""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WORDS = _names("""
    save load file dump record profile profiler print warn owner rpc path env seed test
    backward fbgemm mkldnn quantized sparse
""")
"""Words in names of operators that do more than compute; and of those, in the second line, that
take indices, addresses and packed weights for right, untried: none of them is in a graph that
was made to classify."""

_OTHER = _names("""
    to_here local_value wait cuda pin_memory set_data fork
    ctc_loss linalg_ldl_solve linalg_lu_solve lu_solve lu_unpack segment_reduce
""")
"""Public ones of the same two kinds, by their whole names."""

_INNER = _names("""
    __and__ __contains__ __derive_index __getitem__ __iand__ __ilshift__ __interpolate __ior__
    __irshift__ __is__ __isnot__ __ixor__ __lshift__ __not__ __or__ __range_length
    __round_to_zero_floordiv __rshift__ __upsample __upsample_bilinear __upsample_nearest __xor__
    _adaptive_avg_pool2d _adaptive_avg_pool3d _addmm_activation _aminmax _assert_async
    _assert_scalar _assert_tensor_metadata _autocast_to_full_precision
    _autocast_to_reduced_precision _batch_norm_impl_index _batch_norm_no_update
    _batch_norm_with_update _cast_Byte _cast_Char _cast_Double _cast_Float _cast_Half _cast_Int
    _cast_Long _cast_Short _cdist_forward _conj _conv_depthwise2d _convolution _convolution_mode
    _dim_arange _embedding_bag _embedding_bag_forward_only _euclidean_dist _fft_c2c _fft_c2r
    _fft_r2c _functional_sym_constrain_range _functional_sym_constrain_range_for_size
    _fused_dropout _fused_rms_norm _fused_sdp_choice _get_tracing_state _infer_size _int_mm
    _is_all_true _is_any_true _is_zerotensor _linalg_check_errors _linalg_det _linalg_eigh
    _linalg_eigvals _linalg_slogdet _linalg_solve_ex _linalg_svd _list_to_tensor
    _local_scalar_dense _log_softmax _logcumsumexp _masked_scale _masked_softmax
    _native_batch_norm_legit _native_batch_norm_legit_functional
    _native_batch_norm_legit_no_training _native_multi_head_attention _ncf_unsqueeze _ncf_view
    _neg_view _no_grad_embedding_renorm_ _no_grad_fill_ _no_grad_normal_ _no_grad_uniform_
    _no_grad_zero_ _pack_padded_sequence _pack_sequence _pad_circular _pad_enum
    _pad_packed_sequence _pdist_forward _prelu_kernel _reshape_alias _reshape_from_tensor
    _safe_softmax _scaled_dot_product_attention_math _scaled_dot_product_efficient_attention
    _scaled_dot_product_flash_attention _scaled_dot_product_flash_attention_for_cpu _set_item
    _shape_as_tensor _size_if_not_equal _softmax _stack _tensor_to_list _thnn_fused_gru_cell
    _thnn_fused_lstm_cell _to_copy _transform_bias_rescale_qkv _transformer_encoder_layer_fwd
    _trilinear _unique _unique2 _unsafe_view _unwrap_optional _upsample_bicubic2d_aa
    _upsample_bilinear2d_aa _upsample_lanczos2d_aa _upsample_nearest_exact1d
    _upsample_nearest_exact2d _upsample_nearest_exact3d _weight_norm _weight_norm_interface
    """)
"""Operators of ``aten`` with an underscore before their name that compute."""

_PRIM = _names("""
    CallFunction CallMethod Constant ConstantChunk CreateObject DictConstruct Enter EnumName
    EnumValue Exit GetAttr If ListConstruct ListUnpack Loop ModuleContainerIndex NumToTensor
    RaiseException SetAttr StringIndex TupleConstruct TupleIndex TupleSlice TupleUnpack
    Uninitialized abs data device dtype is_cpu is_cuda is_mkldnn is_mps is_nested is_quantized
    is_sparse is_xpu isinstance itemsize layout max min nbytes rangelist requires_grad tolist
    unchecked_cast unchecked_unwrap_optional
    """)
"""Control flow, constants, containers, and what is asked of tensors."""

_QUANTIZED = _names("""
    add add_relu add_scalar add_scalar_relu batch_norm batch_norm1d batch_norm1d_relu batch_norm2d
    batch_norm2d_relu batch_norm3d batch_norm3d_relu cat cat_relu celu clamp dropout elu group_norm
    hardswish instance_norm layer_norm leaky_relu matmul max_pool1d max_pool2d mul mul_relu
    mul_scalar mul_scalar_relu prelu relu6 sigmoid softmax threshold
    """)
"""Those on plain tensors: layers whose weights are packed are objects of torch's own classes."""


def computes(name: str) -> bool:
    """Tell whether an operator, by its name without an overload, is known to compute only.

    >>> [computes(name) for name in ("aten::relu", "aten::save", "aten::from_file", "prim::Print")]
    [True, False, False, False]
    """
    library, _, operator = name.partition("::")
    if library == "aten":
        if operator.startswith("_") or not operator.isidentifier():
            return operator in _INNER
        return operator not in _OTHER and not _WORDS.intersection(operator.split("_"))
    if library == "prim":
        return operator in _PRIM
    return library == "quantized" and operator in _QUANTIZED
