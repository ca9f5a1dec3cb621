"""What every report says of how an audit was made: preprocessing, plan, search, precision."""

from robaudit.phrases import called, printable
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.inputs import PreprocessingStep
from robaudit.record.schema.numbers import given
from robaudit.record.schema.search import CheckRecord
from robaudit_report.view.words import number, percent


def preprocessing_sentence(record: AuditRecord) -> str:
    """Say which preprocessing was used and how it was come by."""
    preprocessing = record.data.preprocessing
    name, candidates = _name_of(preprocessing), preprocessing.candidates
    declared = given(preprocessing.declared, None)
    source = printable(declared.source) if declared else "the model's file"
    if preprocessing.how == "given":
        return f"Preprocessing as given: {name}."
    if preprocessing.how == "assumed":
        return f"Preprocessing assumed, not checked: {name}."
    if not candidates:
        return f"Preprocessing as {source} says, not checked: {name}."
    come_by = "found" if preprocessing.how == "found" else f"as {source} says, and found no worse"
    tried = given(preprocessing.tried, len(candidates))
    few = f" ({tried - len(candidates)} of them on a few)" if tried > len(candidates) else ""
    loss = "share of errors" if record.model.scores == "labels" else "cross-entropy"
    best = (
        f"Preprocessing {come_by} by trying {tried} candidates on {preprocessing.tried_on:,} "
        f"labelled {called(record.data.image_shape)}{few}: {name}, accuracy "
        f"{percent(candidates[0].accuracy)} and {loss} "
        f"{number(candidates[0].cross_entropy)}"
    )
    if len(candidates) == 1:
        return f"{best}."
    second = candidates[1]
    return (
        f"{best}; next comes {_name_of(second)} with {percent(second.accuracy)} and "
        f"{number(second.cross_entropy)}."
    )


def _name_of(preprocessing: PreprocessingStep) -> str:
    channels = preprocessing.channels
    details = [
        preprocessing.layout,
        *([channels.upper()] if channels != "grey" else []),
        *(["rows and columns exchanged"] if given(preprocessing.exchanged, False) else []),
        *(["black and white exchanged"] if given(preprocessing.inverted, False) else []),
    ]
    return f"{printable(preprocessing.name)} ({', '.join(details)})"


def directions(record: AuditRecord) -> str:
    """Say along what the search walked."""
    plan = record.plan
    ways = "both ways" if plan.signs == 2 else "forwards"
    own = given(plan.own_directions, None)
    which = "" if own is None else f", {own:,} of them for each sample, in turn"
    return f"{plan.directions:,} random orthogonal ones{which}, walked {ways}"


def how_many_directions(record: AuditRecord) -> str:
    """Say along how many directions each sample was searched, and whether all along the same."""
    own = given(record.plan.own_directions, None)
    if own is None or own == record.plan.directions:
        return f"{record.plan.directions:,} random directions"
    return f"{own:,} random direction{'s' if own > 1 else ''} each"


def steps(record: AuditRecord) -> str:
    """Say how far the search walked."""
    plan = record.plan
    clipped = "clipped to the pixel range" if plan.clip else "not clipped"
    return f"{plan.steps} of {plan.step:g} (RMS), a reach of {plan.reach:g}, {clipped}"


def made(record: AuditRecord) -> str:
    """Say when and on what the audit was made."""
    made_on = record.environment
    return printable(f"{made_on.created}, Python {made_on.python}, {made_on.platform}")


def search(record: AuditRecord) -> str:
    """Say by which strategy the search was done, and what it took."""
    searched, seconds = record.search, record.seconds_of_search
    strategy = given(searched.strategy, record.plan.strategy)
    instead = ""
    if strategy != "linear":
        instead = f" instead of {searched.linear_evaluations:,} of a linear search"
    return (
        f"{strategy}: {searched.forward_evaluations:,} forward passes{instead}, for "
        f"{searched.rays:,} rays in {seconds:,.1f} s"
    )


def precision(record: AuditRecord) -> str:
    """Say whether a figure is known as precisely as was asked for, and what half of it takes."""
    reached = given(record.search.precision, None)
    if reached is None:
        return ""
    half_width = reached.half_width
    got = "has no interval" if half_width is None else f"known to within {half_width:.2g}"
    half = (
        "half of that takes more samples than there are"
        if reached.samples_for_half is None
        else f"half of that would take about {reached.samples_for_half:,}"
    )
    outcome = "Reached" if reached.met else "Not reached"
    return (
        f"{outcome}: {printable(reached.figure).replace('-', ' ')} {got}, asked for within "
        f"{reached.asked:g}, by {reached.samples:,} of {reached.most:,} samples; {half}."
    )


def search_check(record: AuditRecord) -> str:
    """Say how far the search can be trusted."""
    sentence, bounds = check_sentence(record.search.check), given(record.search.figure_bounds, None)
    if bounds is None or not bounds.crossing_rate:
        return sentence
    return (
        f"{sentence}, which moves the mean margin by no more than {number(bounds.restricted_mean)} "
        f"and the crossing rate by no more than {100 * bounds.crossing_rate:.2g} points (what it "
        f"does to R is bounded by {number(bounds.model_robustness, 2)} only)"
    )


def check_sentence(check: CheckRecord | None) -> str:
    """Say how far a search can be trusted; older records say nothing of one that needs no check."""
    if check is None or check.strategy == "linear":
        why = check.fallback if check else None
        return "not needed: every step was probed" + (f" ({printable(why)})" if why else "")
    return (
        f"{check.disagreements:,} of {check.audited_rays:,} rays drawn at random told otherwise "
        f"when walked in full; with 95% confidence that is at most "
        f"{100 * check.disagreement_upper_bound:.2g}% of all rays"
    )
