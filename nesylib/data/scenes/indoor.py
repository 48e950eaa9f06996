"""Which things stand in which room, and how likely: the grammar of the indoor classes."""

from __future__ import annotations

from . import bath_cook as bc
from . import decor as dc
from . import live_work as lw
from . import sleep_sit as ss
from .look import Look
from .pen import Pen
from .rng import Dice
from .room import Room


def draw_room(kind: str, pen: Pen, dice: Dice, look: Look) -> Room:
    """Draw one room of class ``kind``."""
    wide = {"conference_room": 1.2, "waiting_room": 1.15, "bathroom": 0.86}.get(kind, 1.0)
    room = Room(pen, look, dice, wide)
    GRAMMAR[kind](room, dice)
    room.draw()
    return room


# --- things that any room may have --------------------------------------------------------------


def _window(room: Room, dice: Dice, p: float, curtains: float = 0.6) -> None:
    if not dice.chance(p):
        return
    spot = room.hang(dc.window, dice.between(0.8, 1.5))
    if spot:
        room.windows.append(spot)
        if dice.chance(curtains):
            wall, a, b = spot
            room.hanging.append(lambda: dc.curtain(wall, a, b, room.look, dice))


def _decor(
    room: Room, dice: Dice, painting: float = 0.5, plant: float = 0.4, clock: float = 0.0,
    door: float = 0.25, shelf: float = 0.0, rug: float = 0.0, pendant: float = 0.15,
    floor_lamp: float = 0.0,
) -> None:  # fmt: skip
    if dice.chance(door):
        room.stand(_as_door, 0.8, 0.05, tall=True)
    if dice.chance(shelf):
        room.stand(lw.bookshelf, dice.between(0.7, 1.1), 0.34, tall=True)
    if dice.chance(plant):
        room.stand(dc.plant, 0.55, 0.5)
    if dice.chance(floor_lamp):
        room.stand(ss.lamp, 0.5, 0.5, tall=True)
    if dice.chance(painting):
        room.hang(dc.painting, dice.between(0.5, 1.0))
    if dice.chance(clock):
        room.hang(dc.clock, dice.between(0.42, 0.52))
    if dice.chance(rug):
        near = room.nearest_floor()
        z1 = dice.between(near + 0.9, room.depth - 0.3)
        z0 = max(z1 - dice.between(1.2, 2.0), near + 0.05)
        a, b = room.floor_span(z1)
        middle, half = dice.between(a + 0.8, b - 0.8), dice.between(0.8, 1.3)
        x0, x1 = max(middle - half, 0.1), min(middle + half, room.width - 0.1)
        room.on_floor.append(lambda: dc.rug(room.view, x0, x1, z0, z1, room.look, dice))
    if dice.chance(pendant):
        x = room.width * dice.between(0.3, 0.7)
        z = room.depth * dice.between(0.7, 0.9)
        room.above.append(lambda: dc.pendant(room.view, x, z, room.height, room.look, dice))


def _as_door(wall, u0, u1, look, dice) -> None:
    dc.door(wall, u0, u1, look, dice)


def _bedside(room: Room, dice: Dice, spot, count: int) -> None:
    """Nightstands beside a bed."""
    wall, a, b = spot
    low, high = wall.visible
    sides = dice.shuffled([(a - 0.54, a - 0.1), (b + 0.1, b + 0.54)])
    for u0, u1 in sides[:count]:
        foot = wall.room_box(u0, u1, 0.0, 0.44)
        if u0 >= low - 0.1 and u1 <= high + 0.1 and not room._collides(foot):
            room.used.append(foot)
            room.standing.append(
                (foot, lambda u0=u0, u1=u1: ss.nightstand(wall, u0, u1, room.look, dice))
            )


def _sleep(room: Room, dice: Dice):
    spot = room.stand(ss.bed, dice.pick((1.0, 1.4, 1.6, 1.8)), 2.05)
    if spot:
        _bedside(room, dice, spot, dice.below(3))
    return spot


def _table_set(room: Room, dice: Dice, look: Look, laid: bool, wide: float, deep: float) -> None:
    """A table in the middle of the room with chairs on both sides."""
    near = room.nearest_floor()
    z = min(room.depth - 0.75, max(near + deep + 0.55, dice.between(2.6, 3.6)))
    a, b = room.floor_span(z - deep)
    wide = min(wide, b - a - 0.1)
    x0 = dice.between(a + 0.05, max(b - wide - 0.05, a + 0.06))
    x1 = x0 + wide
    tone = look.on_wall(dice.pick((look.wood, look.accent, look.dark, look.second)))
    seats = max(2, int(wide / 0.62))
    step = wide / seats
    for k in range(seats):
        u = x0 + step * (k + 0.5)
        room.put(_seat, u - 0.22, u + 0.22, z + 0.5, 0.46, look, dice, tone, False)
    room.put(_board, x0, x1, z, deep, deep, look, dice, laid)
    rear = dice.random()
    for k in range(seats):
        if rear < 0.25 or (rear < 0.6 and k % 2):
            continue
        u = x0 + step * (k + 0.5)
        room.put(_seat, u - 0.22, u + 0.22, z - deep + 0.12, 0.46, look, dice, tone, True)
    if dice.chance(0.5):
        room.put(
            _seat, x1 + 0.12, x1 + 0.54, z - deep * 0.3, 0.46, look, dice, tone, dice.chance(0.5)
        )


def _seat(wall, u0, u1, look, dice, tone, away) -> None:
    ss.chair(wall, u0, u1, look, dice, tone, away)


def _board(wall, u0, u1, deep, look, dice, laid) -> None:
    ss.big_table(wall, u0, u1, deep, look, dice, laid)


# --- the classes ---------------------------------------------------------------------------------


def bathroom(room: Room, dice: Dice) -> None:
    pieces = dice.pick(
        (("toilet", "sink"), ("toilet", "bathtub"), ("toilet", "bathtub", "sink"),
         ("bathtub", "sink"), ("sink",), ("bathtub",), ("toilet",))
    )  # fmt: skip
    for piece in dice.shuffled(pieces):
        if piece == "toilet":
            room.stand(bc.toilet, 0.6, 0.7)
        elif piece == "bathtub":
            room.stand(bc.bathtub, dice.between(1.4, 1.7), 0.8)
        else:
            spot = room.stand(bc.sink, dice.between(0.6, 1.1), 0.55)
            if spot and (len(pieces) == 1 or dice.chance(0.7)):
                room.hang(bc.mirror, max(0.5, (spot[2] - spot[1]) * 0.85), over=spot)
    if dice.chance(0.6):
        room.hang(bc.towel, dice.between(0.4, 0.6))
    _window(room, dice, 0.35, 0.3)
    if dice.chance(0.12):
        room.stand(ss.wardrobe, dice.between(0.7, 0.9), 0.58, tall=True)
    if dice.chance(0.1):
        room.stand(ss.chair, 0.44, 0.5)
    _decor(room, dice, painting=0.22, plant=0.35, door=0.3, rug=0.4, pendant=0.15, clock=0.05)


def bedroom(room: Room, dice: Dice) -> None:
    spot = _sleep(room, dice)
    if spot and dice.chance(0.4):
        room.hang(dc.painting, dice.between(0.6, 1.1), over=spot)
    _window(room, dice, 0.65)
    if dice.chance(0.45):
        room.stand(ss.wardrobe, dice.between(0.9, 1.4), 0.6, tall=True)
    extra = dice.random()
    if extra < 0.15:
        room.stand(ss.desk, dice.between(1.1, 1.4), 1.2)
    elif extra < 0.27:
        room.stand(lw.tv, dice.between(1.0, 1.3), 0.45, tall=True)
    elif extra < 0.37:
        room.stand(ss.chair, 0.44, 0.5)
    elif extra < 0.44:
        room.stand(bc.small_fridge, 0.56, 0.58)
    elif extra < 0.55:
        room.hang(bc.mirror, dice.between(0.4, 0.6))
    elif extra < 0.59:
        room.stand(lw.fireplace, dice.between(1.2, 1.4), 0.4)
    _decor(
        room,
        dice,
        painting=0.3,
        plant=0.35,
        door=0.25,
        shelf=0.15,
        rug=0.5,
        floor_lamp=0.15,
        clock=0.08,
    )


def kitchen(room: Room, dice: Dice) -> None:
    look = room.look
    kit = bc.Kitchenware(look, dice)
    variant = dice.random()
    units = ["stove"] if variant < 0.72 else []
    if variant >= 0.72 or dice.chance(0.6):
        units.append("sink")
    if dice.chance(0.6) or variant >= 0.9:
        units.append("fridge")
    units += ["cupboard"] * dice.pick((0, 1, 1, 2, 2))
    sizes = {"stove": 0.64, "sink": dice.between(0.8, 1.0), "fridge": 0.68,
             "cupboard": dice.between(0.5, 0.9)}  # fmt: skip
    low, high = room.back.visible
    while len(units) > 2 and sum(sizes[u] for u in units) > high - low - 0.05:
        units.remove("cupboard" if "cupboard" in units else units[-1])
    order = dice.shuffled(units)
    if "fridge" in order:
        order.remove("fridge")
        order.insert(0 if dice.chance(0.5) else len(order), "fridge")
    total = sum(sizes[u] for u in order)
    u = dice.between(low, max(high - total, low))
    wall = room.back
    draws = {
        "stove": bc.stove,
        "sink": bc.kitchen_sink,
        "fridge": bc.fridge,
        "cupboard": bc.cupboard,
    }
    for unit in order:
        a, b = u, u + sizes[unit]
        u = b
        foot = wall.room_box(a, b, 0.0, 0.64)
        room.used.append(foot)
        room.standing.append(
            (foot, lambda a=a, b=b, unit=unit: draws[unit](wall, a, b, look, dice, kit))
        )
        if unit in ("fridge", "stove"):
            room.upper.append((wall, a, b))
        elif dice.chance(0.6):
            room.upper.append((wall, a, b))
            room.hanging.append(lambda a=a, b=b: bc.hanging_cupboard(wall, a, b, look, dice, kit))
    _window(room, dice, 0.5, 0.4)
    if dice.chance(0.3):
        _table_set(room, dice, look, True, dice.between(0.9, 1.3), 0.7)
    if dice.chance(0.25):
        room.hang(bc.towel, 0.36)
    if dice.chance(0.06):
        room.hang(bc.mirror, 0.5)
    _decor(room, dice, painting=0.2, plant=0.25, clock=0.25, door=0.2, rug=0.25, pendant=0.4)


def dining_room(room: Room, dice: Dice) -> None:
    look = room.look
    _window(room, dice, 0.6)
    if dice.chance(0.35):
        room.stand(ss.wardrobe, dice.between(0.9, 1.2), 0.5, tall=True)
    if dice.chance(0.12):
        room.stand(lw.fireplace, dice.between(1.2, 1.5), 0.4)
    if dice.chance(0.15):
        room.stand(lw.tv, dice.between(1.0, 1.3), 0.45, tall=True)
    _table_set(room, dice, look, True, dice.between(1.2, 2.0), dice.between(0.8, 1.0))
    _decor(
        room, dice, painting=0.5, plant=0.45, clock=0.15, door=0.2, shelf=0.2, rug=0.45, pendant=0.6
    )


def living_room(room: Room, dice: Dice) -> None:
    look = room.look
    fire = dice.chance(0.22)
    if fire:
        room.stand(lw.fireplace, dice.between(1.2, 1.5), 0.4, only_back=True)
    spot = None
    if not fire or dice.chance(0.7):
        spot = room.stand(ss.sofa, dice.pick((1.5, 1.9, 2.2)), 0.95)
    if spot and dice.chance(0.4):
        room.hang(dc.painting, dice.between(0.6, 1.2), over=spot)
    telly = dice.chance(0.45)
    if telly:
        room.stand(lw.tv, dice.between(1.2, 1.5), 0.45, tall=True)
    _window(room, dice, 0.6)
    if spot and dice.chance(0.45):
        wall, a, b = spot
        middle, half = (a + b) / 2, dice.between(0.4, 0.55)
        foot = wall.room_box(middle - half, middle + half, 1.2, 1.8)
        if not room._collides(foot):
            room.put(_low_table, foot[0], foot[1], foot[3], foot[3] - foot[2], look, dice)
    if dice.chance(0.25):
        room.stand(ss.chair, 0.46, 0.5)
    _decor(room, dice, painting=0.35, plant=0.5, clock=0.35 if telly else 0.0, door=0.2, shelf=0.3,
           rug=0.6, floor_lamp=0.4)  # fmt: skip


def _low_table(wall, u0, u1, look, dice) -> None:
    ss.coffee_table(wall, u0, u1, look, dice)


def home_office(room: Room, dice: Dice) -> None:
    spot = room.stand(ss.desk, dice.between(1.2, 1.6), 1.25, only_back=dice.chance(0.85))
    if spot and dice.chance(0.3):
        room.hang(dc.painting, dice.between(0.5, 0.9), over=spot)
    _window(room, dice, 0.65)
    if dice.chance(0.25):
        room.stand(ss.sofa, 1.5, 0.95)
    _decor(
        room, dice, painting=0.4, plant=0.5, clock=0.2, door=0.2, shelf=0.5, rug=0.5, floor_lamp=0.3
    )


def office(room: Room, dice: Dice) -> None:
    spot = room.stand(ss.desk, dice.between(1.3, 1.6), 1.25, only_back=True)
    which = dice.random()
    if which < 0.65:
        room.stand(lw.filing_cabinet, 0.5, 0.62, tries=12)
    if which > 0.4:
        wide = dice.between(1.0, 1.5)
        if not room.hang(lw.whiteboard, wide, over=spot if dice.chance(0.3) else None):
            room.hang(lw.whiteboard, 0.9, tries=12)
    if dice.chance(0.3):
        room.stand(ss.desk, 1.2, 1.2)
    if dice.chance(0.12):
        room.stand(bc.small_fridge, 0.56, 0.58)
    _window(room, dice, 0.5, 0.2)
    _decor(room, dice, painting=0.2, plant=0.4, clock=0.3, door=0.35, shelf=0.3, rug=0.1)


def waiting_room(room: Room, dice: Dice) -> None:
    look = room.look
    kind = dice.random()
    if kind < 0.5:
        room.stand(lw.reception_desk, dice.between(1.5, 1.9), 1.2, only_back=True)
        if dice.chance(0.5):
            room.hang(dc.clock, dice.between(0.44, 0.54))
        if dice.chance(0.4):
            room.stand(ss.sofa, 1.5, 0.95)
        else:
            _row(room, dice, look, dice.pick((2, 3)))
    elif kind < 0.75:
        spot = room.stand(ss.sofa, dice.pick((1.5, 1.9)), 0.95)
        room.hang(
            dc.clock, dice.between(0.44, 0.54), over=spot if dice.chance(0.5) else None, tries=12
        )
    else:
        spot = _row(room, dice, look, dice.pick((3, 4)))
        room.hang(
            dc.clock, dice.between(0.44, 0.54), over=spot if dice.chance(0.5) else None, tries=12
        )
    if dice.chance(0.15):
        room.stand(lw.filing_cabinet, 0.5, 0.62)
    if dice.chance(0.12):
        room.stand(bc.small_fridge, 0.56, 0.58)
    if kind < 0.75 and dice.chance(0.3):
        room.stand(ss.coffee_table, dice.between(0.8, 1.0), 0.58)
    _window(room, dice, 0.4, 0.25)
    _decor(room, dice, painting=0.5, plant=0.55, door=0.4, rug=0.15)


def _row(room: Room, dice: Dice, look: Look, count: int):
    """Chairs side by side along a wall."""
    tone = look.on_wall(dice.pick((look.accent, look.second, look.dark, look.cloth)))

    def draw(wall, u0, u1, look, dice) -> None:
        step = (u1 - u0) / count
        for u in wall.far_first([u0 + step * k for k in range(count)]):
            ss.chair(wall, u + 0.03, u + step - 0.03, look, dice, tone)

    return room.stand(draw, 0.56 * count, 0.5)


def conference_room(room: Room, dice: Dice) -> None:
    wide = dice.between(1.2, 1.8)
    if not room.hang(lw.whiteboard, wide):
        room.hang(lw.whiteboard, 1.0, tries=12)
    _window(room, dice, 0.45, 0.25)
    if dice.chance(0.2):
        room.hang(lw.wall_tv, dice.between(0.9, 1.2))
    if dice.chance(0.12):
        room.stand(lw.filing_cabinet, 0.5, 0.62)
    _table_set(room, dice, room.look, False, dice.between(1.8, 2.8), dice.between(0.9, 1.2))
    _decor(room, dice, painting=0.2, plant=0.4, clock=0.3, door=0.35, pendant=0.3)


def hotel_room(room: Room, dice: Dice) -> None:
    _sleep(room, dice)
    which = dice.random()
    if which < 0.6:
        room.stand(lw.suitcase, 0.5, 0.5, tries=14)
    if which > 0.45:
        room.stand(ss.desk, dice.between(1.1, 1.3), 0.7, tries=12)
        if not room.hang(lw.wall_tv, dice.between(0.8, 1.1), tries=10):
            room.stand(lw.tv, 1.0, 0.45, tall=True)
    if dice.chance(0.2):
        room.stand(bc.small_fridge, 0.56, 0.58)
    if dice.chance(0.12):
        room.stand(ss.sofa, 1.5, 0.95)
    if dice.chance(0.12):
        room.stand(ss.coffee_table, dice.between(0.7, 0.9), 0.58)
        room.stand(ss.chair, 0.46, 0.5)
    _window(room, dice, 0.6, 0.8)
    _decor(room, dice, painting=0.5, plant=0.2, clock=0.25, door=0.3, rug=0.3, floor_lamp=0.2)


GRAMMAR = {
    f.__name__: f
    for f in (
        bathroom, bedroom, kitchen, dining_room, living_room, home_office, office, waiting_room,
        conference_room, hotel_room,
    )
}  # fmt: skip
