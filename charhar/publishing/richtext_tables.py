"""Tables as a grid: rows of one width, spans that fit, a head where the first rows are headers."""

from dataclasses import dataclass

from .richtext_tree import Node

# HTML's own limit; wider is a mistake or an attack.
MAX_SPAN = 1000
# A table of more cells than this is left without repair: the grid would cost more than it mends.
MAX_CELLS = 20_000


@dataclass(slots=True)
class _Placed:
    cell: Node
    row: int
    column: int
    rows: int
    columns: int


def tidy(rows: list[list[Node]]) -> list[Node]:
    """The table's sections from its rows of cells: ``thead`` where there is one, then ``tbody``.

    Cells that span beyond the table are cut, columns and rows in which no cell begins are taken out, short
    rows get empty cells, header cells their scope.
    """
    if not any(rows):
        return []
    placed = _place(rows)
    if not placed:
        for row in rows:
            for cell in row:
                _write_span(cell, "colspan", 1)
                _write_span(cell, "rowspan", 1)
        placed = _place(rows)
    rows = _fill(placed) if placed else [row for row in rows if row]
    for row in rows:
        _set_scope(row)
    head = _head_rows(rows)
    sections = [("thead", rows[:head]), ("tbody", rows[head:])]
    return [Node(tag, {}, [Node("tr", {}, list(row)) for row in part]) for tag, part in sections if part]


def _span(cell: Node, name: str) -> int:
    value = cell.attrs.get(name, "1")
    return min(max(int(value), 1), MAX_SPAN) if value.isascii() and value.isdigit() and len(value) < 6 else 1


def _place(rows: list[list[Node]]) -> list[_Placed]:
    """Where each cell stands, by HTML's own rules, without overlaps; nothing where the table is too large."""
    taken: set[tuple[int, int]] = set()
    placed: list[_Placed] = []
    for y, row in enumerate(rows):
        x = 0
        for cell in row:
            while (y, x) in taken:
                x += 1
            high = min(_span(cell, "rowspan"), len(rows) - y)
            wide = 1
            while wide < _span(cell, "colspan") and (y, x + wide) not in taken:
                wide += 1
            taken.update((y + dy, x + dx) for dy in range(high) for dx in range(wide))
            placed.append(_Placed(cell, y, x, high, wide))
            if len(taken) > MAX_CELLS:
                return []
            x += wide
    return placed


def _fill(placed: list[_Placed]) -> list[list[Node]]:
    """Rows of cells again: lines in which no cell begins closed up, spans written, gaps filled."""
    columns = {x: i for i, x in enumerate(sorted({p.column for p in placed}))}
    lines = {y: i for i, y in enumerate(sorted({p.row for p in placed}))}
    taken: set[tuple[int, int]] = set()
    rows: list[dict[int, Node]] = [{} for _ in lines]
    for p in placed:
        wide = sum(x in columns for x in range(p.column, p.column + p.columns))
        high = sum(y in lines for y in range(p.row, p.row + p.rows))
        _write_span(p.cell, "colspan", wide)
        _write_span(p.cell, "rowspan", high)
        left, top = columns[p.column], lines[p.row]
        rows[top][left] = p.cell
        taken.update((top + dy, left + dx) for dy in range(high) for dx in range(wide))
    for y, row in enumerate(rows):
        tag = "th" if all(cell.tag == "th" for cell in row.values()) else "td"
        for x in range(len(columns)):
            if (y, x) not in taken:
                row[x] = Node(tag)
    return [[row[x] for x in sorted(row)] for row in rows]


def _write_span(cell: Node, name: str, value: int) -> None:
    cell.attrs.pop(name, None)
    if value > 1:
        cell.attrs[name] = str(value)


def _set_scope(row: list[Node]) -> None:
    """A row of headers heads columns; a header that begins a row heads the row; others keep what they say."""
    is_head = all(cell.tag == "th" for cell in row)
    for position, cell in enumerate(row):
        said = cell.attrs.pop("scope", "")
        if cell.tag != "th":
            continue
        if said not in {"colgroup", "rowgroup"}:
            said = "col" if is_head else "row" if position == 0 else said
        if said in {"col", "row", "colgroup", "rowgroup"}:
            cell.attrs["scope"] = said


def _head_rows(rows: list[list[Node]]) -> int:
    """How many rows at the top are headers only and end together; none where nothing would be left."""
    head = 0
    while head < len(rows) and all(cell.tag == "th" for cell in rows[head]):
        head += 1
    if head == len(rows) or any(y + _span(cell, "rowspan") > head for y in range(head) for cell in rows[y]):
        return 0
    return head
