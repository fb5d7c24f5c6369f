"""Which pixels every number of a tensor sees, followed through windows, sums, reshapes and joins.

Receptive fields: Araujo, Norris, Sim 2019, https://distill.pub/2019/computing-receptive-fields.

A tensor's side is a product of runs; a step along a run moves the field by so many pixels:

    image (1, 3, 32, 32)      sides: 1 | 3 | 32 rows, step 1 down | 32 columns, step 1 right       field 1x1
      conv 5x5, pool 2x2      sides: 1 | 6 | 14 rows, step 2      | 14 columns, step 2             field 6x6
      reshape (1, 1176)       sides: 1 | 6 * 14 rows, step 2 * 14 columns, step 2                  field 6x6
      linear: sums a side     sides: 1 | 84                                                        field 32x32

To sum over a run is to see from its first to its last unit: the field grows by (count - 1) * step. So
flattened maps, tokens of a transformer and its windows need no rules of their own. Once a sum has seen the
whole image, that field no longer moves. Enlarged maps have finer steps than their fields, which jump by a
grain; there the size is that of the largest. What a normalization's statistics see is left out, as is usual.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from math import ceil, prod


@dataclass(frozen=True)
class Run:
    """Units in a row.

    Args:
        count: how many.
        steps: pixels that the field moves from one unit to the next, for every axis of the image.
    """

    count: int
    steps: tuple[float, ...]

    @property
    def spans(self) -> tuple[float, ...]:
        """Pixels from the first unit's field to the last's."""
        return tuple((self.count - 1) * step for step in self.steps)

    @property
    def moves(self) -> bool:
        """Whether its units lie at different positions."""
        return any(self.steps)

    def split(self, count: int) -> tuple["Run", "Run"]:
        """``count`` runs, and the units of each."""
        inner = self.count // count
        return Run(count, tuple(step * inner for step in self.steps)), replace(self, count=inner)


def merge(runs: Sequence[Run], axes: int) -> Run:
    """One run instead of several, with the same span."""
    moving = [run for run in runs if run.count > 1]
    if len(moving) <= 1:
        return [*moving, *runs, Run(1, (0,) * axes)][0]
    count = prod(run.count for run in runs)
    spans = (sum(spans) for spans in zip(*(run.spans for run in runs), strict=True))
    return Run(count, tuple(span / (count - 1) for span in spans))


@dataclass(frozen=True)
class Field:
    """What a tensor sees.

    Args:
        sides: for every side of the tensor the runs whose product it is.
        size: pixels around its own position that one number sees, along every axis of the image.
        fixed: pixels that every number sees, wherever its position is.
        grain: pixels by which fields jump since a map was enlarged; 0 where none was.
        image: pixels of the image.
    """

    sides: tuple[tuple[Run, ...], ...]
    size: tuple[float, ...]
    fixed: tuple[float, ...]
    grain: tuple[float, ...]
    image: tuple[int, ...]

    @staticmethod
    def of_image(shape: Sequence[int]) -> "Field":
        """An image (N, C, *axes): every pixel sees itself."""
        axes = len(shape) - 2
        sides = [(Run(count, (0,) * axes),) for count in shape]
        for axis in range(axes):
            sides[2 + axis] = (Run(shape[2 + axis], tuple(int(axis == other) for other in range(axes))),)
        return Field(tuple(sides), (1,) * axes, (0,) * axes, (0,) * axes, tuple(shape[2:]))

    @property
    def seen(self) -> float:
        """Pixels that one number sees, along the axis where it sees most."""
        return max((*self.size, *self.fixed), default=1)

    @property
    def axes(self) -> int:
        """Axes of the image."""
        return len(self.size)

    def moves(self, side: int) -> bool:
        """Whether the units along a side lie at different positions in the image."""
        return any(run.moves for run in self.sides[side])

    def stride(self) -> float | None:
        """Pixels between neighbours, along the axis where they are most; None without rows or columns."""
        runs = [run for side in self.sides for run in side if sum(map(bool, run.steps)) == 1]
        steps = [[run.steps[axis] for run in runs if run.steps[axis]] for axis in range(self.axes)]
        return max((min(axis, default=0) for axis in steps), default=0) or None

    def window(self, side: int, reach: float, factor: float, count: int) -> "Field":
        """``count`` units along a side, ``factor`` of the old apart, seeing ``reach`` more of them."""
        run = merge(self.sides[side], self.axes)
        reaches = self._in_grains([reach * step for step in run.steps])
        size = tuple(pixels + more for pixels, more in zip(self.size, reaches, strict=True))
        grain = self.grain
        if factor < 1:
            grain = tuple(max(pixels, step) for pixels, step in zip(grain, run.steps, strict=True))
        steps = tuple(step * factor for step in run.steps)
        return replace(self, size=size, grain=grain).put(side, Run(count, steps))

    def _in_grains(self, pixels: Sequence[float]) -> list[float]:
        """Distances, rounded up to whole jumps."""
        pairs = zip(pixels, self.grain, strict=True)
        return [ceil(round(distance / grain, 6)) * grain if grain else distance for distance, grain in pairs]

    def put(self, side: int, *runs: Run) -> "Field":
        """The same with other runs along one side."""
        sides = list(self.sides)
        sides[side] = runs
        return replace(self, sides=tuple(sides))

    def plain(self, count: int) -> Run:
        """Units that all lie at the same position, such as channels."""
        return Run(count, (0,) * self.axes)

    def total(self, sides: Iterable[int], *, keep: bool) -> "Field":
        """The sum over some sides, each left with one unit or dropped."""
        gone = {side % len(self.sides) for side in sides}
        summed = merge([run for side in gone for run in self.sides[side]], self.axes)
        one = (self.plain(1),)
        kept = [side for side in range(len(self.sides)) if keep or side not in gone]
        rest = [one if side in gone else self.sides[side] for side in kept]
        size, fixed = list(self.size), list(self.fixed)
        for axis, span in enumerate(self._in_grains(summed.spans)):
            grown, moves = size[axis] + span, any(run.steps[axis] for runs in rest for run in runs)
            if span and (grown >= self.image[axis] or not moves):
                fixed[axis] = max(fixed[axis], grown)
                grown = size[axis] if moves else 0
            size[axis] = grown
        return replace(self, sides=tuple(rest), size=tuple(size), fixed=tuple(fixed))

    def permute(self, order: Sequence[int]) -> "Field":
        """The sides in another order."""
        return replace(self, sides=tuple(self.sides[side] for side in order))

    def reshape(self, shape: Sequence[int]) -> "Field":
        """The same numbers in other sides: runs are cut where they can be, else merged."""
        left = [run for side in self.sides for run in side if run.count > 1]
        sides = []
        for count in shape:
            taken: list[Run] = []
            while (need := count // prod(run.count for run in taken)) > 1:
                run = left.pop(0)
                if need % run.count == 0:
                    taken.append(run)
                elif run.count % need == 0:
                    outer, inner = run.split(need)
                    taken.append(outer)
                    left.insert(0, inner)
                elif left:
                    left[0] = merge([run, left[0]], self.axes)
                else:  # cut where no run ends: put all back as one
                    left.append(merge([*taken, run], self.axes))
                    taken = []
            sides.append(tuple(taken) or (self.plain(1),))
        return replace(self, sides=tuple(sides))

    def resize(self, shape: Sequence[int]) -> "Field":
        """Sides grown by padding or cut, with the same steps."""
        sides = list(self.sides)
        for side, count in enumerate(shape):
            if prod(run.count for run in sides[side]) != count:
                sides[side] = (replace(merge(sides[side], self.axes), count=count),)
        return replace(self, sides=tuple(sides))

    def all_of_it(self, shape: Sequence[int]) -> "Field":
        """What an unknown operation sees: everything that its input sees."""
        everything = self.total(range(len(self.sides)), keep=False)
        return replace(everything, sides=tuple((self.plain(count),) for count in shape))


def join(fields: Sequence[Field], shape: Sequence[int]) -> Field:
    """Branches that meet, broadcast to one shape: the largest field along every axis."""
    size, fixed, grain = (
        tuple(max(pixels) for pixels in zip(*(getattr(field, part) for field in fields), strict=True))
        for part in ("size", "fixed", "grain")
    )
    columns = zip_longest(*(field.sides[::-1] for field in fields), fillvalue=())
    sides = []
    for count, column in zip(reversed(shape), columns, strict=False):
        fitting = [runs for runs in column if prod(run.count for run in runs) == count]
        moving = [runs for runs in fitting if any(run.moves for run in runs)]
        sides.append([*moving, *fitting, (fields[0].plain(count),)][0])
    sides += [(fields[0].plain(count),) for count in reversed(shape[: len(shape) - len(sides)])]
    return Field(tuple(reversed(sides)), size, fixed, grain, fields[0].image)
