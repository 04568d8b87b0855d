"""Columns, order, width and templates of a listing, as pure functions of it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slshell.commands.kinds import INSTANCE, TYPE
from slshell.model.errors import UsageError
from slshell.model.instance import Instance, InstanceType, State
from slshell.output.formats import Format, as_table, parse_format, rendered
from slshell.output.layout import Layout, in_order, split_sort, split_words
from slshell.output.listing import Listing
from slshell.output.template import Template
from slshell.output.text import is_hostile
from tests.unit.client.served import instance

MACHINES = Listing(
    kind=INSTANCE,
    items=[
        instance(9, name="vm-9", ram_mib=512),
        instance(10, name="vm-10", ram_mib=128, state=State.UNKNOWN, reason="off"),
        instance(2, name="Web", ram_mib=2048),
    ],
)
NONE = Listing(kind=INSTANCE, items=[])


def ids(sort: str) -> list[int]:
    return [each.id for each in in_order(MACHINES, Layout(sort=split_sort(sort))).items]


def columns(text: str) -> str:
    return as_table(MACHINES, layout=Layout(columns=split_words(text), header=False))


def test_chosen_columns_come_in_the_chosen_order_by_title_or_field() -> None:
    assert columns("name, id,swap_mib") == ("vm-9    9  1024\nvm-10  10  1024\nWeb     2  1024\n")


def test_numbers_in_names_sort_as_numbers_and_sizes_by_what_they_are() -> None:
    assert ids("name") == [9, 10, 2]
    assert ids("ram") == [10, 9, 2]
    assert ids("-ram_mib") == [2, 9, 10]
    assert ids("-state,id") == [10, 2, 9]


def test_what_has_no_value_comes_last_either_way() -> None:
    assert ids("remark")[0] == ids("-remark")[0] == 10


@pytest.mark.parametrize("listing", [MACHINES, NONE])
@pytest.mark.parametrize("form", [Format.TABLE, Format.CSV, Format.JSON])
def test_an_unknown_column_names_the_nearest_even_of_nothing(listing: Listing, form: Format) -> None:
    with pytest.raises(UsageError) as caught:
        rendered(listing, form, layout=Layout(columns=("staet",)))
    assert (caught.value.message, caught.value.hint) == ("there is no column “staet”", "did you mean state?")
    with pytest.raises(UsageError, match="rum"):
        rendered(MACHINES, form, layout=Layout(sort=(("rum", False),)))


def test_a_title_stands_for_its_field_in_data() -> None:
    layout = Layout(columns=("cpu%", "ram", "id"), sort=(("id", False),))
    assert json.loads(rendered(MACHINES, Format.JSON, layout=layout))[0] == {
        "cpu_percent": 4.2, "ram_mib": 2048, "id": 2,
    }  # fmt: skip
    assert rendered(MACHINES, Format.CSV, layout=layout).splitlines()[:2] == [
        "cpu_percent,ram_mib,id",
        "4.2,2048,2",
    ]


def test_csv_of_nothing_has_its_header_still() -> None:
    assert rendered(NONE, Format.CSV).startswith("id,name,state,")
    assert rendered(NONE, Format.CSV, layout=Layout(header=False)) == ""


@pytest.mark.parametrize("width", range(12, 110))
def test_a_table_fits_every_terminal_and_says_when_columns_are_left_out(width: int) -> None:
    lines = as_table(MACHINES, width=width).splitlines()
    assert max(map(len, lines)) <= width
    assert lines[0].endswith("…") is ("CPU%" not in lines[0])


def test_a_table_that_goes_nowhere_narrow_is_whole() -> None:
    assert "CPU%" in as_table(MACHINES)
    assert "…" not in as_table(MACHINES)


def test_wide_tables_have_more_columns_and_are_never_cut() -> None:
    wide = as_table(MACHINES, width=40, layout=Layout(wide=True))
    assert "CREATED" in wide
    assert "…" not in wide


def test_chosen_columns_all_stay_however_narrow_it_is() -> None:
    shown = as_table(MACHINES, width=30, layout=Layout(columns=("id", "name", "address", "created_at")))
    assert max(map(len, shown.splitlines())) <= 30
    assert len(shown.splitlines()[1].split()) == 4


def line(template: str, **changes: object) -> str:
    form, parsed = parse_format(f"template={template}")
    return rendered(
        Listing(kind=INSTANCE, items=[instance(5, name="web", **changes)]),
        form,
        layout=Layout(template=parsed),
    )


def test_a_template_is_a_line_an_item_made_of_its_data() -> None:
    assert line("{id:>4}|{name:<6}|{cpu_percent:.2f}|{reachable}") == "   5|web   |4.20|true\n"
    assert line(r"{{{name}}}\t{state}\n--") == "{web}\tRunning\n--\n"
    assert line("{created_at}") == "2026-01-02T03:04:05Z\n"
    phase = {"name": "Boot", "started_at": instance(1).created_at}
    whole = line("{phases[0].name} {phases.0.started_at} {phases[7].name}|", phases=(phase,))
    assert whole == "Boot 2026-01-02T03:04:05Z |\n"


@pytest.mark.parametrize(
    ("template", "told", "hint"),
    [
        ("{naem}", "no field “naem”", "did you mean name?"),
        ("{name", "cannot be read", "for example"),
        ("{name!r}", "“!r” is not allowed", ""),
        ("{}", "is not a field", ""),
        ("{name.__class__}", "is not a field", ""),
        ("{__class__}", "is not a field", ""),
        ("{name.upper}", "is not there", ""),
        ("{id:{ram_mib}}", "is not a format", "{id:>5}"),
        ("{id:99999}", "is not a format", ""),
        ("{name:d}", "does not fit name", ""),
    ],
)
def test_a_template_reaches_nothing_but_data(template: str, told: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        line(template)
    assert told in caught.value.message
    assert hint in caught.value.hint


def test_a_field_that_is_unknown_is_told_even_when_there_are_no_items() -> None:
    with pytest.raises(UsageError, match="naem"):
        rendered(NONE, Format.TEMPLATE, layout=Layout(template=Template.parse("{naem}")))


@given(st.text())
def test_a_template_never_lets_a_name_steer_the_terminal(name: str) -> None:
    shown = rendered(
        Listing(kind=INSTANCE, items=[instance(1, name=name)]),
        Format.TEMPLATE,
        layout=Layout(template=Template.parse("{name}")),
    )
    assert not is_hostile(shown.removesuffix("\n"))


@given(st.text())
def test_no_text_of_a_template_breaks_more_than_itself(text: str) -> None:
    try:
        Template.parse(text).line({"a": 1})
    except UsageError:
        return


def test_every_column_of_a_kind_with_a_field_names_one_that_there_is() -> None:
    for kind, model in ((INSTANCE, Instance), (TYPE, InstanceType)):
        fields = set(model.__struct_fields__)
        unknown = {column.title for column in kind.columns if column.field not in fields}
        assert unknown <= {"FITS"}
