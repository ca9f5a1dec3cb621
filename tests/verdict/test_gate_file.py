"""Gates as they are written in a file: what each table becomes, and what is refused."""

import tomllib

import pytest

from robaudit.errors import UsageError
from robaudit.metrics.figures import ACCURACY, CROSSING_RATE, ROBUST_ACCURACY
from robaudit.metrics.gates import METRICS, Gate, Source
from robaudit.verdict.gate_file import read_gates

HERE = Source("robaudit.toml", 3)


def read(*tables: str) -> list[Gate]:
    sources = [Source("robaudit.toml", 3 + 10 * place) for place in range(len(tables))]
    return read_gates([tomllib.loads(table) for table in tables], sources)


def test_a_table_is_a_gate() -> None:
    assert read('metric = "accuracy"\nmin = 0.9') == [Gate(ACCURACY, 0.9, source=HERE)]
    text = 'metric = "robust-accuracy"\nattack = "pgd"\nclass = 8\nmin = 0\nlevel = "warning"\n'
    (gate,) = read(text + 'on-inconclusive = "warn"')
    assert gate == Gate(
        ROBUST_ACCURACY,
        0.0,
        attack="pgd",
        of_class="8",
        level="warning",
        on_inconclusive="warn",
        source=HERE,
    )
    assert read('metric = "robust-accuracy"\nattack = "strongest"\nmin = 0.1')[0].attack is None


def test_two_bounds_in_a_table_are_two_gates() -> None:
    gates = read('metric = "crossing-rate"\nmax = 0.4\nmax-drop = 0.02')
    assert gates == [
        Gate(CROSSING_RATE, 0.4, source=HERE),
        Gate(CROSSING_RATE, 0.02, drop=True, source=HERE),
    ]


def test_a_metric_may_say_the_attack_too() -> None:
    short = read('metric = "autoattack"\nclass = "worst"\nmin = 0.1\nmax-drop = 0')
    attack = 'attack = "autoattack"\nclass = "worst"\nmin = 0.1\nmax-drop = 0'
    assert short == read(f'metric = "robust-accuracy"\n{attack}')


def test_every_headline_figure_can_be_gated() -> None:
    for name, figure in METRICS.items():
        bound = "min" if figure.better == "higher" else "max"
        assert read(f'metric = "{name}"\n{bound} = 0.5')[0].figure is figure
    assert {"gini", "gini-right-at-start", "robust-accuracy"} <= METRICS.keys()


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("min = 0.5", "line 3: a gate without a metric"),
        ('metric = "acuracy"\nmin = 0.5', "Did you mean accuracy?"),
        ('metric = "accuracy"', "without a bound; expected min or max-drop"),
        ('metric = "gini"', "without a bound; expected max or max-drop"),
        ('metric = "crossing-rate"\nmin = 0.5', "lower is better; expected max, the most"),
        ('metric = "accuracy"\nmax = 0.5', "higher is better; expected min, the least"),
        ('metric = "accuracy"\nmin = 97', "expected a number from 0 to 1"),
        ('metric = "accuracy"\nmax-drop = -0.1', "expected a number from 0 to 1"),
        ('metric = "worst-class-margin"\nmin = -1', "expected a number, 0 or more"),
        ('metric = "accuracy"\nmin = true', "min = True"),
        ('metric = "accuracy"\nmin = "0.9"', "min = '0.9'"),
        ('metric = "accuracy"\nmin = nan', "min = nan"),
        ('metric = "worst-class-margin"\nmin = inf', "min = inf"),
        ('metric = "accuracy"\nminimum = 0.9', "with 'minimum'; expected metric, attack, class"),
        ('metric = "accuracy"\nmin = 0.9\nmax_drop = 0', "Did you mean max-drop?"),
        ('metric = "accuracy"\nmin = 0.9\nlevel = "warn"', "Did you mean warning?"),
        ('metric = "accuracy"\nmin = 0.9\non-inconclusive = 1', "one of fail, warn, pass"),
        ('metric = "accuracy"\nmin = 0.9\nattack = "pgd"', "expected metric = 'robust-accuracy'"),
        ('metric = "robust-accuracy"\nmin = 0.9\nattack = "pgdd"', "Did you mean pgd?"),
        ('metric = "autoattack"\nmin = 0.9\nattack = "pgd"', "attack on autoattack; expected"),
        ('metric = "gini"\nmax = 0.1\nclass = "cat"', "a figure of all classes; expected one of"),
        ('metric = "worst-class-margin"\nmin = 0.1\nclass = "worst"', "leave class out"),
        ('metric = "accuracy"\nmin = 0.9\nclass = ""', "expected the name of a class, worst"),
        ('metric = "accuracy"\nmin = 0.9\nclass = true', "class = True"),
    ],
)
def test_what_cannot_be_followed_is_refused(table: str, words: str) -> None:
    with pytest.raises(UsageError) as raised:
        read(table)
    assert "robaudit.toml, line 3: " in str(raised.value)
    assert words in str(raised.value)


def test_the_same_gate_twice_is_refused_unless_it_is_of_another_level() -> None:
    one = 'metric = "accuracy"\nmin = 0.9'
    with pytest.raises(UsageError, match=r"line 13: gate accuracy/min was set in line 3 already"):
        read(one, 'metric = "accuracy"\nmin = 0.8')
    assert len(read(one, 'metric = "accuracy"\nmin = 0.95\nlevel = "warning"')) == 2


@pytest.mark.parametrize("tables", [5, {"metric": "accuracy"}, ["accuracy"]])
def test_gates_are_a_list_of_tables(tables: object) -> None:
    with pytest.raises(UsageError, match=r"expected tables headed \[\[gate\]\]"):
        read_gates(tables, [HERE])
