"""What was known after so many queries: no earlier than it was found, and never lost again."""

import numpy as np

from robaudit.attacks.query_log import QueryLog, milestones


def test_queries_double_up_to_as_many_as_there_are() -> None:
    assert milestones(2500) == (78, 156, 312, 625, 1250, 2500)
    assert milestones(100) == (50, 100)
    assert milestones(99) == (99,)


def test_what_is_found_is_known_from_then_on() -> None:
    log = QueryLog(200, 3)
    log.meet(np.array([0, 2]), np.array([0.5, 0.4]), np.array([50, 120]))
    log.meet(np.array([0]), np.array([0.3]), np.array([101]))
    log.meet(np.array([2]), np.array([0.9]), np.array([130]))
    none = np.inf
    expected = [[0.5, none, none], [0.5, none, none], [0.3, none, 0.4]]
    np.testing.assert_array_equal(log.distance, np.array(expected))
