"""The bot's profile and commands."""

from telegram import Bot, BotCommand, BotCommandScopeAllPrivateChats, MenuButtonCommands

from bot.playground import YOU
from tests.support.playground import Playground


async def test_commands_and_descriptions_are_kept_by_scope_and_language(
    bot: Bot, playground: Playground
) -> None:
    await bot.set_my_commands([BotCommand("start", "Begin")])
    await bot.set_my_commands([BotCommand("start", "Los")], language_code="de")
    assert playground.card()["commands"] == [{"command": "start", "description": "Begin"}]
    assert playground.card("de")["commands"] == [{"command": "start", "description": "Los"}]
    await bot.set_my_commands([BotCommand("help", "Help")], scope=BotCommandScopeAllPrivateChats())
    assert playground.card()["commands"] == [{"command": "help", "description": "Help"}]
    assert await bot.get_my_commands() == (BotCommand("start", "Begin"),)
    await bot.delete_my_commands(scope=BotCommandScopeAllPrivateChats())
    assert playground.card("fr")["commands"] == [{"command": "start", "description": "Begin"}]

    await bot.set_my_name("Studio")
    await bot.set_my_description("Paints.")
    await bot.set_my_short_description("Paints", language_code="de")
    assert (await bot.get_my_name()).name == "Studio"
    assert (await bot.get_my_description("de")).description == "Paints."
    assert (await bot.get_my_short_description()).short_description == ""
    assert playground.card("de")["short_description"] == "Paints"
    await bot.set_chat_menu_button(menu_button=MenuButtonCommands())
    assert await bot.get_chat_menu_button(YOU) == MenuButtonCommands()


async def test_the_bot_can_ask_about_a_person(bot: Bot) -> None:
    chat = await bot.get_chat(YOU)
    assert (chat.first_name, chat.type) == ("You", "private")
    assert (await bot.get_chat_member(YOU, YOU)).status == "member"
