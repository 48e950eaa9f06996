"""Class sets and concept names of the drawn scenes."""

from __future__ import annotations

CLASS_SETS: dict[str, tuple[str, ...]] = {
    "P2": ("bathroom", "bedroom"),
    "P3.1": ("bathroom", "bedroom", "kitchen"),
    "P3.2": ("desert_road", "forest_road", "street"),
    "P3.3": ("desert_road", "driveway", "highway"),
    "P5": ("bathroom", "bedroom", "kitchen", "dining_room", "living_room"),
    "P10": (
        "bathroom",
        "bedroom",
        "kitchen",
        "dining_room",
        "living_room",
        "home_office",
        "office",
        "waiting_room",
        "conference_room",
        "hotel_room",
    ),
}

INDOOR: tuple[str, ...] = tuple(
    "bed pillow nightstand lamp wardrobe toilet bathtub sink mirror towel stove fridge cupboard "
    "table chair sofa tv fireplace desk computer bookshelf filing_cabinet whiteboard "
    "reception_desk suitcase window curtain door rug plant painting clock pendant".split()
)
OUTDOOR: tuple[str, ...] = tuple(
    "sky road lane_marking cloud sun mountain tree bush grass flower sand cactus rock building "
    "house garage fence mailbox sidewalk crosswalk street_lamp traffic_light car truck guardrail "
    "road_sign bridge".split()
)

VISIBLE = 0.005
"""A concept counts when at least this share of the picture's pixels shows it (20 of 64 x 64)."""


def concept_names(class_set: str) -> tuple[str, ...]:
    """Concepts of a class set: those of rooms or those of roads."""
    return INDOOR if CLASS_SETS[class_set][-1] in CLASS_SETS["P10"] else OUTDOOR
