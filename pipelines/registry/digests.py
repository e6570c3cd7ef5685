"""Digests of delivered rows: what is unchanged since the body's last delivery is found in files, before the database is touched.

A digest file is Parquet: `matricule`, and `digest`, a hash of the whole row as delivered. Rows are recognised by their number, the
first 13 characters of the matricule, which say its key. It is a cache and no truth: without one, or with one made by other rules,
every row is compared with the registry itself.
DuckDB computes and joins them within a bounded memory, on disk where they are larger.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Self, TypeAlias

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.platform.errors import RetryableError
from pipelines.registry.contract import DELIVERY_SCHEMA

MEMORY = "512MB"
# The modules that decide what a delivered row becomes.
JUDGES = (
    "address_columns", "arrow_text", "birth_date", "contract", "digests", "email_address", "matricule", "postal_address", "row_rules",
)  # fmt: skip
Rows: TypeAlias = "npt.NDArray[np.int64]"
"""Positions of rows in a portion, from 0."""

_DIGEST = f"""
select
  upper(replace(matricule, ' ', ''))[1:13] as number,
  upper(replace(former_matricule, ' ', ''))[1:13] as former,
  hash({", ".join(DELIVERY_SCHEMA.names)}) as digest,
  hash(birth_name, first_names, birth_date, sex, birthplace_code) as said
from batch
"""  # noqa: S608 - the columns of the contract
_TRAITS = """
select hash(birth_name_key, first_names_key, birth_date, sex, birthplace_code) as traits from batch
"""
# Of a full delivery and the deltas after it, the latest word on each number.
_PREVIOUS = """
create table previous as
with late as (
  select matricule, arg_max(digest, place) as digest from deltas group by matricule
)
select matricule[1:13] as number, matricule, digest from late
union all
select matricule[1:13], matricule, digest from base anti join late using (matricule)
"""
_CHANGED = """
select d.portion, d."row"
from delivered as d anti join previous as p on d.number = p.number and d.digest = p.digest
order by d.portion, d."row"
"""
_GONE = """
create table if not exists gone as
select p.matricule
from previous as p anti join delivered using (number) anti join delivered as d on p.number = d.former
"""
_GONE_OF_KNOWN = """
with named as (
  select number from delivered union select former from delivered
)
select any_value(k.matricule) as matricule
from known as k left join named as d on k.matricule[1:13] = d.number
group by k.person_id
having count(d.number) = 0
order by matricule
"""
_NAMED = """
select a.matricule from asked as a semi join delivered as d on a.matricule[1:13] = d.number
union
select a.matricule from asked as a semi join delivered as d on a.matricule[1:13] = d.former
"""
# Of rows with one number, or with one former number, the first counts. A number that another row gives as its former one is out of date;
# but where that row has other traits, it is the other row that is not believed.
_REPEATED = """
with twice as (
  select matricule from kept group by matricule having count(*) > 1
),
renamed as (
  select portion, "row", former[1:13] as former, said from kept where former is not null
)
select distinct portion, "row"
from (
  select k.portion, k."row", row_number() over (partition by k.matricule order by k.portion, k."row") as place
  from kept as k semi join twice using (matricule)
  union all
  select portion, "row", row_number() over (partition by former order by portion, "row") from renamed
  union all
  select
    case when same then portion else other_portion end,
    case when same then "row" else other_row end,
    2
  from (
    select
      k.portion, k."row", r.portion as other_portion, r."row" as other_row,
      k.said = r.said as same
    from kept as k join renamed as r on k.matricule[1:13] = r.former
  )
)
where place > 1
order by portion, "row"
"""
# Rows that name one person under two numbers that the registry knows: the first counts.
_SAME_PERSON = """
with met as (
  select {'portion': p.portion, 'row': p."row"} as one, {'portion': k.portion, 'row': k."row"} as other
  from pairs as p join kept as k on k.matricule[1:13] = p.matricule[1:13]
  anti join repeated as r on k.portion = r.portion and k."row" = r."row"
)
select distinct later.portion as portion, later."row" as "row"
from (select greatest(one, other) as later from met where one <> other)
order by portion, "row"
"""
_SAME_TRAITS = """
with several as (
  select traits from kept where traits is not null group by traits having count(distinct matricule) > 1
)
select k.traits, k.matricule from kept as k semi join several using (traits) order by k.traits, k.matricule
"""
_DIGESTS = """
copy (
  select k.matricule, k.digest
  from kept as k anti join set_aside as s on k.portion = s.portion and k."row" = s."row"
  {others}
) to '{file}' (format parquet, compression zstd, kv_metadata {{rules: '{rules}'}})
"""
# Numbers whose row was set aside or at fault: never the same again, and gone once the body names them no more.
_OTHERS = """
  union all
  select distinct number, null::ubigint
  from delivered anti join (
    select k.matricule[1:13] as number
    from kept as k anti join set_aside as s on k.portion = s.portion and k."row" = s."row"
  ) using (number)
  where number is not null
"""

_NO_ROWS = {
    "delivered": 'null::int as portion, null::bigint as "row", null::text as number, null::text as former, null::ubigint as digest,'
    " null::ubigint as said",
    "kept": 'null::int as portion, null::bigint as "row", null::text as matricule, null::text as former, null::ubigint as digest,'
    " null::ubigint as said, null::ubigint as traits",
}


@cache
def rules() -> str:
    """Return a name of the rules and of the hash by which rows are judged: other rules, or other libraries, make other digests."""
    code = hashlib.sha256(f"{duckdb.__version__}/{pa.__version__}/{unicodedata.unidata_version}".encode())
    for module in JUDGES:
        code.update(Path(__file__).with_name(f"{module}.py").read_bytes())
    return code.hexdigest()[:16]


def usable(file: Path) -> bool:
    """Say whether a digest file was made by the present rules."""
    metadata: Any = pq.read_metadata(file).metadata or {}
    return bool(metadata.get(b"rules") == rules().encode())


@contextmanager
def within_bounds() -> Iterator[None]:
    """Compare within the memory and the disk that there are. Raises: RetryableError where they do not suffice."""
    try:
        yield
    except (duckdb.OutOfMemoryException, duckdb.IOException) as error:
        raise RetryableError(
            f"comparing the delivery with the last one took more than {MEMORY} of memory, or more disk than var has "
            f"({type(error).__name__}): free some space, then try again"
        ) from None


class RowDigests:
    """Computes the digests of batches, on one thread."""

    def __init__(self) -> None:
        self._duck = duckdb.connect(config={"threads": 1})

    def of(self, delivered: pa.RecordBatch) -> pa.Table:
        """Return `number`, `former`, `digest` and `said`, a hash of who they say it is, of rows of DELIVERY_SCHEMA, in their order."""
        return self._select(_DIGEST, pa.Table.from_batches([delivered]))

    def traits(self, good: pa.Table) -> pa.Array[Any]:
        """Return a hash of the five traits of rows that follow NORMALISED_SCHEMA."""
        return self._select(_TRAITS, good).column("traits").combine_chunks()

    def _select(self, query: str, batch: pa.Table) -> pa.Table:
        self._duck.register("batch", batch)
        found: pa.Table = self._duck.sql(query).to_arrow_table()
        return found


def write_rows(file: Path, portion: int, rows: Rows, columns: dict[str, Any]) -> None:
    """Write what is known of some rows of a portion, for a `DeliveryDigests`."""
    place = pa.array(np.full(len(rows), portion, dtype=np.int32))
    pq.write_table(pa.table({"portion": place, "row": pa.array(rows), **columns}), file)


class DeliveryDigests:
    """The digests of one delivery under examination, in a directory of its own.

    `delivered-*.parquet` holds every row (only of a full delivery that is not the first of its body), `kept-*.parquet` the good rows
    that were examined.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        # A database on disk: its tables need no memory.
        self._duck = duckdb.connect(
            str(directory / "digests.duckdb"),
            config={"memory_limit": MEMORY, "temp_directory": str(directory), "preserve_insertion_order": False},
        )

    def __enter__(self) -> Self:
        """Use it as a context: its connection is closed at the end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self._duck.close()

    def compare(self, base: Path, deltas: Sequence[Path]) -> dict[int, Rows]:
        """Return the rows of each portion that differ from what the base and its deltas, oldest first, last said."""
        self._duck.read_parquet(str(base)).create_view("base")
        self._duck.execute("create table deltas (matricule text, digest ubigint, place int)")
        for place, delta in enumerate(deltas):
            self._duck.execute("insert into deltas select matricule, digest, ? from read_parquet(?)", [place, str(delta)])
        self._duck.execute(_PREVIOUS)
        self._view("delivered")
        return _by_portion(self._duck.sql(_CHANGED).to_arrow_reader())

    def gone(self) -> Iterator[pa.RecordBatch]:
        """Return the numbers that the last delivery had and this one has not, neither as a number nor as a former one.

        A number is a matricule, or its 13 first characters where its row was at fault. Its person may be named by another number.
        """
        self._duck.execute(_GONE)
        return iter(self._duck.sql("select matricule from gone order by matricule").to_arrow_reader())

    def count_gone(self) -> int:
        """Return how many numbers `gone` would tell."""
        self._duck.execute(_GONE)
        (count,) = self._duck.sql("select count(*) from gone").fetchall()[0]
        return int(count)

    def gone_of(self, known: Path) -> Iterator[pa.RecordBatch]:
        """Return one matricule of each person of `known` whom this delivery does not name: where there was nothing to compare with.

        `known` is a CSV file without header: person id, matricule; a person has one line a matricule.
        """
        self._duck.execute("create table known (person_id bigint, matricule text)")
        # The form is told and not guessed: an empty file is of every form.
        self._duck.execute(f"copy known from '{known}' (format csv, header false, delimiter ',', auto_detect false)")
        return iter(self._duck.sql(_GONE_OF_KNOWN).to_arrow_reader())

    def examined(self, unchanged: bool) -> None:
        """Take note of the rows that were kept: the good ones examined, and with `unchanged` those that need no examination."""
        self._view("kept")
        self._view("delivered")
        if unchanged:
            self._duck.execute("alter view kept rename to good")
            self._duck.execute(
                'create table kept as select portion, "row", matricule, former, digest, said, traits from good union all'
                ' select d.portion, d."row", p.matricule, nullif(d.former, d.number), d.digest, d.said, null'
                " from delivered as d join previous as p on d.number = p.number and d.digest = p.digest"
            )

    def named(self, matricules: Sequence[str]) -> set[str]:
        """Return those of some matricules that the delivery names, as a number or a former one, in rows at fault too."""
        asked = pa.table({"matricule": pa.array(matricules, pa.string())})
        self._duck.register("asked", asked)
        return {row[0] for row in self._duck.sql(_NAMED).fetchall()}

    def repeated(self) -> dict[int, Rows]:
        """Return the rows whose number an earlier row of the delivery has, or another row as a former one."""
        return _by_portion(self._duck.sql(_REPEATED).to_arrow_reader())

    def same_person(self, pairs: pa.Table, repeated: Iterable[tuple[int, int]]) -> dict[int, Rows]:
        """Return the rows whose person an earlier row of the delivery names under another number.

        `pairs` holds `portion`, `row` and another `matricule` of the row's person; `repeated` the rows that do not count.
        """
        self._duck.register("repeated", _places(repeated))
        self._duck.register("pairs", pairs)
        return _by_portion(self._duck.sql(_SAME_PERSON).to_arrow_reader())

    def same_traits(self) -> list[list[str]]:
        """Return the matricules of the examined rows that share all five traits, group by group."""
        groups: dict[int, list[str]] = {}
        for traits, matricule in self._duck.sql(_SAME_TRAITS).fetchall():
            groups.setdefault(traits, []).append(matricule)
        return list(groups.values())

    def write(self, file: Path, set_aside: Iterable[tuple[int, int]]) -> None:
        """Write the digests of the rows kept, without those set aside as (portion, row); of a full delivery, all its other numbers."""
        self._duck.register("set_aside", _places(set_aside))
        others = _OTHERS if any(self._directory.glob("delivered-*.parquet")) else ""
        self._duck.execute(_DIGESTS.format(file=file, rules=rules(), others=others))

    def _view(self, name: str) -> None:
        if any(self._directory.glob(f"{name}-*.parquet")):
            self._duck.read_parquet(str(self._directory / f"{name}-*.parquet")).create_view(name, replace=True)
        else:
            self._duck.execute(f"create or replace view {name} as select {_NO_ROWS[name]} where false")


def _places(rows: Iterable[tuple[int, int]]) -> pa.Table:
    """Return rows given as (portion, position) as a table."""
    found = np.array(list(rows), dtype=np.int64).reshape(-1, 2)
    return pa.table({"portion": pa.array(found[:, 0]), "row": pa.array(found[:, 1])})


def _by_portion(found: pa.RecordBatchReader) -> dict[int, Rows]:
    parts: dict[int, list[Rows]] = {}
    for batch in found:
        portions, rows = (np.asarray(batch.column(name)) for name in ("portion", "row"))
        for portion in np.unique(portions):
            parts.setdefault(int(portion), []).append(rows[portions == portion])
    return {portion: np.concatenate(rows) for portion, rows in parts.items()}
