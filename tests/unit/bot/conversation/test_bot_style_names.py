"""Which style somebody names: tolerant of how they write, deaf to what is no name."""

from __future__ import annotations

import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.style_names import named, nearest
from bot.conversation.style_titles import artist_names, names
from engine.styles.famous import paintings
from engine.styles.style import Style, presets

PRESETS = [(one.id, names(one)) for one in presets()]
NAMES = [(one.id, name) for one in presets() for name in names(one)]
OWN = [
    *PRESETS,
    ("own:1", ["Grandma’s kitchen"]),
    ("own:2", ["Summer 2023"]),
    ("own:3", ["Summer 2024"]),
    ("own:4", ["The Kiss"]),
    ("own:5", ["🌊"]),
    ("own:6", ["Öl"]),
    ("own:7", ["我的小猫"]),
]

_names = st.sampled_from(NAMES)
_long_names = st.sampled_from([pair for pair in NAMES if len(pair[1]) >= 8])


@given(_names, st.sampled_from([str, str.upper, str.lower, str.title]))
def test_every_id_and_title_names_itself_in_any_case(pair: tuple[str, str], cased: type[str]) -> None:
    assert named(cased(pair[1]), PRESETS) == pair[0]


@given(_long_names, st.sampled_from(["drop", "double", "swap", "add", "replace"]), st.data())
def test_every_long_name_is_known_with_a_typing_error(
    pair: tuple[str, str], error: str, data: st.DataObject
) -> None:
    own, name = pair
    at = data.draw(st.integers(0, len(name) - 2))
    letter = data.draw(st.sampled_from(string.ascii_letters + string.digits + "абвжюяёñé -'"))
    head, tail = name[:at], name[at:]
    typed = {
        "drop": head + tail[1:],
        "double": head + tail[:1] + tail,
        "swap": head + tail[1] + tail[0] + tail[2:],
        "add": head + letter + tail,
        "replace": head + letter + tail[1:],
    }[error]
    assert named(typed, PRESETS) == own


@given(_names, st.sampled_from(["  {} ", "“{}”", "«{}»!", "'{}'.", "like {}", "In the style of {}, please",
                                "style: {}", "paint it like {}", "turn this into {}", "as a {} painting",
                                "como {}", "al estilo de {}", "Por favor, como un {}", "в стиле {}",
                                "сделай как {}, пожалуйста", "风格:{}", "像{}一样", "请用{}风格画",
                                "画成{}的风格", "{} style", "{}, thanks"]))  # fmt: skip
def test_a_name_is_heard_in_what_people_say_around_it(pair: tuple[str, str], around: str) -> None:
    assert named(around.format(pair[1]), PRESETS) == pair[0]


@pytest.mark.parametrize(
    "words",
    [
        *(
            "",
            " ",
            "…",
            "hello",
            "paint this please",
            "Hello! Please paint this",
            "my dog",
            "nice",
            "🎨",
            "😀",
        ),
        *("at night", "our fields", "waves", "glass", "copper", "a starry night", "the style", "like"),
        *("like this", "in the style of Van Gogh", "like Monet please", "thank you so much!", "/start"),
        *("музыка", "привет", "нарисуй это", "как дела", "ночь", "спасибо", "в стиле Ван Гога"),
        *("hola", "¿cómo estás?", "píntalo por favor", "al estilo de Goya", "noche", "gracias"),
        *("你好", "请画这个", "风格", "谢谢", "夜", "梵高风格", "3", "3.5"),
        "We stayed at a small house by the sea, and this is what we saw in the morning.",
    ],
)
def test_everyday_words_name_nothing(words: str) -> None:
    assert named(words, PRESETS) is None


@pytest.mark.parametrize(
    ("words", "own"),
    [
        ("mosiac", "mosaic"),
        ("stainedglass", "stained_glass"),
        ("Stained-Glass", "stained_glass"),
        ("m0saic", "mosaic"),
        ("Волны 0 гравюры", "woodblock_waves"),
        ("Mosaic 2", None),
        ("в стиле мозаики", "mosaic"),
        ("в стиле вихревой ночи", "swirling_night"),
        ("xilograficas olas, como olas xilograficas", "woodblock_waves"),
        ("my dog in front of the church, please paint him like stained glass", "stained_glass"),
        ("can you make a swirling night out of my garden?", "swirling_night"),
        ("把我的狗画成彩色玻璃好吗", "stained_glass"),
        ("grandmas kitchen", "own:1"),
        ("as grandma's kitchin", "own:1"),
        ("Summer 2024", "own:3"),
        ("sumer 2023", "own:2"),
        ("kiss", None),
        ("like the kiss", "own:4"),
        ("🌊", "own:5"),
        ("OL", "own:6"),
        ("oil", None),
        ("用我的小猫", "own:7"),
    ],
)
def test_names_as_people_write_them(words: str, own: str | None) -> None:
    assert named(words, OWN) == own


@pytest.mark.parametrize(
    "words",
    [
        *("Summer 2025", "summer", "stained glass or rainy avenue?"),
        *("mosaic or stained glass", "stained glass or mosaic?", "витраж или фовистские поля"),
    ],
)
def test_when_it_is_not_clear_which_style_is_meant_none_is(words: str) -> None:
    assert named(words, OWN) is None


def test_of_two_styles_with_the_same_name_the_first_is_meant() -> None:
    assert named("sea", [("a", ["Sea"]), ("b", ["sea"])]) == "a"


def test_a_style_may_be_called_like_the_words_around_names() -> None:
    assert named("Style", [("a", ["style"])]) == "a"
    assert named("please", [("a", ["Please"])]) == "a"


@pytest.mark.parametrize(
    ("words", "own"),
    [
        *((words, None) for words in ("not like stained glass", "not in the style of the Stained Glass")),
        *((words, None) for words in ("not a stained glass", "not using stained glass", "别彩绘玻璃")),
        *((words, None) for words in ("no mosaic please", "not mosaic", "no stained glass", "sin Vidriera")),
        *(
            (words, None)
            for words in ("без фовистских полей", "не вихревая ночь", "不要彩色玻璃", "不用马赛克")
        ),
        ("stained glass, not mosaic", "stained_glass"),
        ("stained glass, not rainy avenue", "stained_glass"),
        ("rainy avenue with no people", "rainy_avenue"),
        ("要彩色玻璃", "stained_glass"),
    ],
)
def test_what_is_refused_is_not_meant(words: str, own: str | None) -> None:
    assert named(words, OWN) == own


def test_a_long_text_names_nothing() -> None:
    assert named("mosaic " * 40, PRESETS) is None


@given(st.text(st.characters(exclude_categories=[])))
def test_wild_text_is_taken_calmly(words: str) -> None:
    found = named(words, OWN)
    assert found is None or found in dict(OWN)


@given(
    st.text(max_size=12), st.lists(st.tuples(st.text(max_size=3), st.lists(st.text(max_size=12), max_size=3)))
)
def test_wild_names_are_taken_calmly(words: str, candidates: list[tuple[str, list[str]]]) -> None:
    found = named(words, candidates)
    assert found is None or found in dict(candidates)


@given(st.text(min_size=1, max_size=40).filter(str.strip))
def test_whatever_a_style_is_called_that_is_its_name(name: str) -> None:
    assert named(name, [("a", [name])]) == "a"


FAMOUS = [painting.style(Path(), 0) for painting in paintings()]
ALL = [*PRESETS, *((one.id, names(one)) for one in FAMOUS)]
MAKERS = {one.id: artist_names(one) for one in FAMOUS}


@pytest.mark.parametrize("painting", FAMOUS, ids=lambda one: one.id)
def test_a_painting_is_known_by_any_of_its_names(painting: Style) -> None:
    for name in names(painting):
        assert named(name, ALL, MAKERS) == painting.id
        assert named(name.upper(), ALL, MAKERS) == painting.id


@pytest.mark.parametrize("painting", FAMOUS, ids=lambda one: one.id)
def test_an_artist_alone_means_their_first_painting_and_with_a_title_that_one(painting: Style) -> None:
    first = next(one for one in FAMOUS if one.artist == painting.artist)
    for name in artist_names(painting):
        for words in (name, f"in the style of {name}", f"al estilo de {name}, por favor", f"用{name}的风格"):
            assert named(words, ALL, MAKERS) == first.id, words
    assert named(f"{painting.title} by {painting.artist}", ALL, MAKERS) == painting.id
    assert named(f"{painting.artist}, {painting.title}", ALL, MAKERS) == painting.id


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("in the style of Vincent van Gogh, please", "starry_night"),
        ("paint it like Vincent van Goch", "starry_night"),
        ("kiss by klimt", "the_kiss_klimt"),
        ("в стиле Ван Гога", "starry_night"),
        ("как у Климта", "the_kiss_klimt"),
        ("звездная ночь", "starry_night"),
        ("стиль Тернера", "rain_steam_and_speed"),
        ("梵高的鸢尾花", "irises"),
        ("画成莫奈的风格", "impression_sunrise"),
        ("la noche estrellada de van gogh", "starry_night"),
        ("al estilo de Kandinsky", "composition_vii"),
        ("composition 8", "composition_viii"),
        ("red fuji", "red_fuji"),
        ("Cezanne", "mont_sainte_victoire"),
        ("mosaic", "mosaic"),
        ("Monet or van Gogh", None),
        ("my dog Marc", None),
        ("марка", None),
        ("good morning", None),
        ("is this a kiss?", None),
        ("not like a Monet", None),
        ("not van Gogh", None),
    ],
)
def test_artists_and_titles_are_heard_in_four_languages(words: str, meant: str | None) -> None:
    assert named(words, ALL, MAKERS) == meant


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        *(("the screem", "the_scream"), ("screem", "the_scream"), ("Teh Scream", "the_scream")),
        *(("great waves", "great_wave"), ("a greta wave", "great_wave"), ("La gran ole", "great_wave")),
        *(("starry nights", "starry_night"), ("в стиле звёздной ночи", "starry_night")),
        *(("water lily", "water_lilies"), ("los nenufares", "water_lilies"), ("nenufar", "water_lilies")),
        *(("womn in gold", "adele_bloch_bauer"), ("large blue horse", "large_blue_horses")),
    ],
)
def test_the_title_of_a_painting_may_be_inflected_or_have_a_typing_error(words: str, meant: str) -> None:
    assert named(words, ALL, MAKERS) == meant


@pytest.mark.parametrize(
    "words",
    [
        *("The kids", "the dream", "the steam", "blue house", "the great day", "waterfalls", "woman in red"),
        *("mountains", "silencio", "El peso", "composition 9", "the kite", "my ink", "La gran boda"),
        *("el beso de mamá", "la niña de la playa", "большие дети", "чёрные лошади", "наша ночь"),
    ],
)
def test_a_caption_that_is_alike_a_title_but_for_a_word_names_nothing(words: str) -> None:
    assert named(words, ALL, MAKERS) is None


@pytest.mark.parametrize(
    ("words", "own"),
    [
        *[(words, "watercolour_hills") for words in ("watercolor", "水彩", "акварелью", "acuarela")],
        *[(words, "ink_mountains") for words in ("ink", "水墨", "水墨画", "тушью", "tinta china")],
        *[(words, "woodblock_waves") for words in ("woodblock", "ukiyo-e", "浮世绘", "xilografía")],
        *[(words, "cubist_facets") for words in ("cubism", "cubist", "立体派", "кубизм", "cubismo")],
        *[(words, "mosaic") for words in ("mosaic", "马赛克", "мозаикой", "mosaico", "馬賽克")],
        *[(words, "stained_glass") for words in ("stained glass window", "彩绘玻璃", "витраж", "vitral")],
        *[(words, "dappled_harbour") for words in ("pointillism", "点彩", "пуантилизм", "puntillismo")],
        ("in mosaic style, please", "mosaic"),
        ("Could you paint it in watercolor, please?", "watercolour_hills"),
        ("make my photo a mosaic pls", "mosaic"),
        ("请帮我画成水墨风格，谢谢", "ink_mountains"),
        ("能把照片画成浮世绘吗", "woodblock_waves"),
        ("нарисуй фото в стиле кубизма, пожалуйста", "cubist_facets"),
        ("¿puedes pintarlo en acuarela, por favor?", "watercolour_hills"),
        ("not in mosaic style, please", None),
    ],
)  # fmt: skip
def test_everyday_names_and_polite_forms_are_understood(words: str, own: str | None) -> None:
    assert named(words, PRESETS) == own


def test_the_nearest_names_come_first_and_there_are_as_many_as_asked_for() -> None:
    assert nearest("mozaïque", PRESETS)[0] == "mosaic"
    assert nearest("stain glas", PRESETS)[0] == "stained_glass"
    assert len(set(nearest("hello there", PRESETS))) == 3
    assert nearest("", PRESETS, count=2) == tuple(own for own, _ in PRESETS[:2])
    assert nearest("anything", []) == ()
