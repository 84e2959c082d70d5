"""What creators make: the shelves of the directory. Slugs are kept in rows and addresses, and stay."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Category:
    slug: str
    label: str
    icon: str


CATEGORIES = (
    Category("art", "Art", "palette"),
    Category("photography", "Photography", "camera"),
    Category("music", "Music", "music"),
    Category("writing", "Writing", "pen"),
    Category("podcasts", "Podcasts", "mic"),
    Category("film", "Film", "video"),
    Category("comics", "Comics", "book"),
    Category("games", "Games", "gamepad"),
    Category("craft", "Craft", "scissors"),
    Category("food", "Food", "utensils"),
    Category("fitness", "Fitness", "dumbbell"),
    Category("travel", "Travel", "globe"),
    Category("science", "Science", "flask"),
    Category("technology", "Technology", "code"),
    Category("learning", "Learning", "graduation"),
    Category("nature", "Nature", "leaf"),
)

BY_SLUG = {category.slug: category for category in CATEGORIES}
