"""Pure decisions about segments: the whole of what is asked, circles, and what moves whom."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from core.contacts.terms import Audience, ContactKind, ContactStatus
from core.filters.rules import leaves, needed
from core.filters.terms import (
    Condition,
    FieldInfo,
    Group,
    Leaf,
    Match,
    MemberOf,
    Node,
    Operator,
)
from core.i18n.text import search_key

EVERYTHING = ("contact.", "company.", "consent.")
"""Events of these families may change any field of a person."""

OWN = "0"
"""Under which path of the whole tree the lines stand that somebody wrote."""


def whole_tree(tree: Group, *, audience: Audience, excludes: Collection[int]) -> Group:
    """Return everything that is asked of a member.

    Beside the tree: to be there still, to belong to the audience, and to be in no excluded segment.
    """
    kind = Operator.IS if audience is Audience.INTERNAL else Operator.IS_NOT
    return Group(
        children=(
            tree,
            Condition(field="contact.status", operator=Operator.IS_NOT,
                      value=ContactStatus.ERASED.value),
            Condition(field="contact.merged", operator=Operator.NO),
            Condition(field="contact.kind", operator=kind, value=ContactKind.EMPLOYEE.value),
            Group(match=Match.NONE,
                  children=tuple(MemberOf(segment_id=one) for one in sorted(excludes))),
        )
    )  # fmt: skip


def leads_to(start: Iterable[int], edges: Mapping[int, Collection[int]]) -> frozenset[int]:
    """Return every segment these ones ask about, themselves included, however far."""
    seen: set[int] = set()
    waiting = list(start)
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            waiting.extend(edges.get(one, ()))
    return frozenset(seen)


def is_moved(tree: Group, names: Collection[str], fields: Mapping[str, FieldInfo]) -> bool:
    """Return whether events of these names can move people in or out.

    A change of membership in segment 7 is named "segment:7" here.
    """
    if any(name.startswith(EVERYTHING) for name in names):
        return True
    keys, event_names, segments = needed(tree)
    moving = set(event_names) | {f"segment:{one}" for one in segments}
    for key in keys:
        moving |= fields[key].moved_by if key in fields else frozenset()
    return not moving.isdisjoint(names)


def turned(tree: Group) -> Iterator[tuple[str, Group]]:
    """Return, for each line with its path, the tree that asks the opposite in that line alone."""
    for path, _ in leaves(tree):
        yield path, _turn(tree, [int(one) for one in path.split(".")])


def _turn(group: Group, places: list[int]) -> Group:
    first, *rest = places
    children = list(group.children)
    child = children[first]
    if rest and isinstance(child, Group):
        children[first] = _turn(child, rest)
    else:
        children[first] = Group(match=Match.NONE, children=(child,))
    return Group(match=group.match, children=tuple(children))


def names(tree: Group, *, field: str, key: str) -> bool:
    """Return whether a line about this field names the value whose folded form is the key."""
    lines = (leaf for _, leaf in leaves(tree))
    return any(_names(one, field, key) for one in lines)


def renamed(tree: Group, *, field: str, old: str, new: str) -> Group:
    """Return the tree whose lines about this field name `new` wherever they named `old`.

    Both are folded, as are the values of such fields in the store.
    """
    children = tuple(_renamed(one, field, old=old, new=new) for one in tree.children)
    return Group(match=tree.match, children=children)


def _renamed(node: Node, field: str, *, old: str, new: str) -> Node:
    if isinstance(node, Group):
        return renamed(node, field=field, old=old, new=new)
    if not isinstance(node, Condition) or not _names(node, field, old):
        return node
    if isinstance(node.value, str):
        return node.model_copy(update={"value": new})
    values = tuple(dict.fromkeys(new if _is(one, old) else one for one in _values(node)))
    return node.model_copy(update={"value": values})


def _names(node: Leaf, field: str, key: str) -> bool:
    is_about = isinstance(node, Condition) and node.field == field
    return is_about and any(_is(one, key) for one in _values(node))


def _is(value: object, key: str) -> bool:
    return isinstance(value, str) and search_key(value) == key


def _values(node: Leaf) -> tuple[object, ...]:
    """Return what a line over a field is compared with, one or many."""
    value = node.value if isinstance(node, Condition) else None
    return tuple(value) if isinstance(value, list | tuple) else (value,)
