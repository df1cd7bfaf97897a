"""The bot's profile and commands."""

import pytest
from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    BotCommandScopeChatAdministrators,
    BotCommandScopeChatMember,
    BotCommandScopeDefault,
    MenuButtonCommands,
)

from bot.playground import YOU
from tests.support.playground import Playground


def _menu(playground: Playground, person: int, chat: int | None = None) -> list[str]:
    """Return the descriptions of the commands that a user sees in a chat."""
    return [command["description"] for command in playground.card(person, chat)["commands"]]


@pytest.mark.parametrize("user", ["a member", "the owner", "an administrator"])
async def test_commands_of_a_group_come_from_the_narrowest_scope_and_first_in_the_users_language(
    bot: Bot, playground: Playground, user: str
) -> None:
    ada, ben = playground.add_person("Ada", "de"), playground.add_person("Ben", "de")
    group = playground.add_group("Painters", ben if user != "the owner" else ada, ada)
    if user == "an administrator":
        playground.promote(group, ada)
    scopes: list[tuple[BotCommandScope, bool]] = [
        (BotCommandScopeDefault(), False),
        (BotCommandScopeAllGroupChats(), False),
        (BotCommandScopeAllChatAdministrators(), True),
        (BotCommandScopeChat(group), False),
        (BotCommandScopeChatAdministrators(group), True),
        (BotCommandScopeChatMember(group, ada), False),
    ]
    for other in (BotCommandScopeAllPrivateChats(), BotCommandScopeChatMember(group, ben)):
        await bot.set_my_commands([BotCommand("other", "Another's")], other)
    expected = []
    for scope, for_administrators in scopes:
        for language in (None, "de"):
            name = f"{scope.type} {language}"
            await bot.set_my_commands([BotCommand("start", name)], scope, language)
            if user != "a member" or not for_administrators:
                expected.append(name)
            assert _menu(playground, ada, group) == expected[-1:]
    for scope, for_administrators in reversed(scopes):
        for language in ("de", None):
            assert _menu(playground, ada, group) == expected[-1:]
            await bot.delete_my_commands(scope, language)
            if user != "a member" or not for_administrators:
                expected.pop()
    assert _menu(playground, ada, group) == []


async def test_commands_of_a_private_chat_come_from_the_narrowest_scope_and_first_in_the_users_language(
    bot: Bot, playground: Playground
) -> None:
    ada, ben = playground.add_person("Ada", "de"), playground.add_person("Ben", "fr")
    scopes = [BotCommandScopeDefault(), BotCommandScopeAllPrivateChats(), BotCommandScopeChat(ada)]
    await bot.set_my_commands([BotCommand("other", "Groups")], BotCommandScopeAllGroupChats())
    for scope in scopes:
        for language in (None, "de"):
            await bot.set_my_commands([BotCommand("start", f"{scope.type} {language}")], scope, language)
            assert _menu(playground, ada) == _menu(playground, ada, ada) == [f"{scope.type} {language}"]
    assert _menu(playground, ben) == ["all_private_chats None"]
    assert await bot.get_my_commands() == (BotCommand("start", "default None"),)
    await bot.delete_my_commands(scopes[1])
    assert _menu(playground, ben) == ["default None"]


async def test_names_and_descriptions_are_kept_by_language(bot: Bot, playground: Playground) -> None:
    ada = playground.add_person("Ada", "de")
    await bot.set_my_name("Studio")
    await bot.set_my_description("Paints.")
    await bot.set_my_short_description("Paints", language_code="de")
    assert (await bot.get_my_name()).name == "Studio"
    assert (await bot.get_my_description("de")).description == "Paints."
    assert (await bot.get_my_short_description()).short_description == ""
    assert playground.card(ada)["short_description"] == "Paints"
    await bot.set_chat_menu_button(menu_button=MenuButtonCommands())
    assert await bot.get_chat_menu_button(YOU) == MenuButtonCommands()


async def test_the_bot_can_ask_about_a_person(bot: Bot) -> None:
    chat = await bot.get_chat(YOU)
    assert (chat.first_name, chat.type) == ("Alex", "private")
    assert (await bot.get_chat_member(YOU, YOU)).status == "member"
