import pytest

from bot.playground.errors import BadRequest
from bot.playground.methods.entities import formatted, units


def refusal(text: str, parse_mode: str = "HTML") -> str:
    with pytest.raises(BadRequest) as caught:
        formatted(text, parse_mode)
    return caught.value.description.removeprefix("Bad Request: ")


def test_plain_text_stays_as_it_is() -> None:
    assert formatted("1 < 2 & <b>") == ("1 < 2 & <b>", [])


def test_offsets_count_utf16_units() -> None:
    text, entities = formatted("🎨🖼 <b>é🎨</b>!", "HTML")
    assert text == "🎨🖼 é🎨!"
    assert entities == [{"type": "bold", "offset": 5, "length": 3}]
    assert units("🎨") == 2


@pytest.mark.parametrize(
    ("tag", "kind"),
    [
        ("b", "bold"),
        ("strong", "bold"),
        ("i", "italic"),
        ("em", "italic"),
        ("u", "underline"),
        ("s", "strikethrough"),
        ("del", "strikethrough"),
        ("code", "code"),
        ("pre", "pre"),
        ("tg-spoiler", "spoiler"),
        ("blockquote", "blockquote"),
    ],
)
def test_every_tag_becomes_its_entity(tag: str, kind: str) -> None:
    assert formatted(f"<{tag}>x</{tag}>", "html") == ("x", [{"type": kind, "offset": 0, "length": 1}])


def test_nested_tags_are_nested_entities_outermost_first() -> None:
    text, entities = formatted("<b>bold <i>both</i></b>", "HTML")
    assert text == "bold both"
    assert [(entity["type"], entity["offset"], entity["length"]) for entity in entities] == [
        ("bold", 0, 9),
        ("italic", 5, 4),
    ]


def test_links_keep_their_address_with_character_references_resolved() -> None:
    _, entities = formatted('<a href="https://x.org/?a=1&amp;b=>">here</a>', "HTML")
    assert entities == [{"type": "text_link", "offset": 0, "length": 4, "url": "https://x.org/?a=1&b=>"}]


def test_a_link_without_an_address_is_only_text() -> None:
    assert formatted("<a>here</a>", "HTML") == ("here", [])


def test_a_block_of_code_knows_its_language() -> None:
    _, entities = formatted('<pre><code class="language-python">x = 1</code></pre>', "HTML")
    assert entities == [{"type": "pre", "offset": 0, "length": 5, "language": "python"}]


def test_an_expandable_quote_and_a_span_spoiler() -> None:
    _, entities = formatted('<blockquote expandable>q</blockquote><span class="tg-spoiler">s</span>', "HTML")
    assert [entity["type"] for entity in entities] == ["expandable_blockquote", "spoiler"]


def test_only_telegrams_own_character_references_are_resolved() -> None:
    assert formatted("&lt;&gt;&amp;&quot;&#128512;&#x21;&nbsp;&copy;", "HTML").text == '<>&"😀!&nbsp;&copy;'


def test_blank_ends_are_cut_and_entities_move_along() -> None:
    assert formatted("  \n<b> x </b> \n", "HTML") == ("x", [{"type": "bold", "offset": 0, "length": 1}])


def test_empty_entities_vanish() -> None:
    assert formatted("<b></b>x<i> </i>", "HTML") == ("x", [])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1 < 2", 'can\'t parse entities: Unsupported start tag "" at byte offset 2'),
        ("é<img>", 'can\'t parse entities: Unsupported start tag "img" at byte offset 2'),
        ("<b", "can't parse entities: Unclosed start tag at byte offset 0"),
        ("<b>x", "can't parse entities: Can't find end tag corresponding to start tag \"b\""),
        ("x</b>", "can't parse entities: Unexpected end tag at byte offset 1"),
        (
            "<b>x</i>",
            'can\'t parse entities: Unmatched end tag at byte offset 4, expected "</b>", found "</i>"',
        ),
        ("<b>x</b", "can't parse entities: Unclosed end tag at byte offset 4"),
        ("<span>x</span>", 'can\'t parse entities: Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ],
)
def test_broken_html_is_refused_in_tdlibs_words(text: str, reason: str) -> None:
    assert refusal(text) == reason


def test_an_unknown_parse_mode_is_refused() -> None:
    assert refusal("x", "BBCode") == "unsupported parse_mode"


def test_given_entities_are_kept_and_moved_when_the_start_is_cut() -> None:
    given = [{"type": "bold", "offset": 2, "length": 3}]
    assert formatted("  abc", "", given) == ("abc", [{"type": "bold", "offset": 0, "length": 3}])


def test_commands_links_mentions_and_hashtags_are_found() -> None:
    text = "/start@atelier_bot now: https://x.org/a. by @someone #art 1/2 not/this"
    assert [
        (entity["type"], text[entity["offset"] : entity["offset"] + entity["length"]])
        for entity in formatted(text).entities
    ] == [
        ("bot_command", "/start@atelier_bot"),
        ("url", "https://x.org/a"),
        ("mention", "@someone"),
        ("hashtag", "#art"),
    ]


def test_nothing_is_found_inside_of_code() -> None:
    _, entities = formatted("<code>/start</code> /help", "HTML")
    assert [(entity["type"], entity["offset"]) for entity in entities] == [("code", 0), ("bot_command", 7)]
