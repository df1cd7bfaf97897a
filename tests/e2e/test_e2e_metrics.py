"""What the bot and the worker tell of themselves, and what the dashboard and the alerts ask for."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import promql_parser
import pytest

from bot.app import running
from bot.settings import Settings
from engine.queue import Queue
from tests.e2e.conftest import SharedWorker
from tests.support.chat import PAINTED, TOKEN, Chat
from tests.support.processes import free_port, until

PARTS = ("_bucket", "_sum", "_count")
"""What a histogram's name has in a query."""


async def _get(session: aiohttp.ClientSession, port: int, path: str) -> tuple[int, str]:
    async with session.get(f"http://127.0.0.1:{port}{path}") as answer:
        return answer.status, await answer.text()


def _families(text: str) -> dict[str, str]:
    """The names that a scrape tells, and of what type each is."""
    told = (line.split() for line in text.splitlines() if line.startswith("# TYPE"))
    return {name: kind for _, _, name, kind in told}


def _series(text: str) -> dict[str, float]:
    lines = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}


def _queries(repo: Path) -> list[str]:
    dashboard = json.loads((repo / "deploy/grafana/atelier.json").read_text("utf-8"))
    shown = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]
    alerts = (repo / "deploy/prometheus/rules.yml").read_text("utf-8")
    rules = re.findall(r"^ +expr: (.+)$", alerts, re.MULTILINE)
    assert len(shown) > 20
    assert len(rules) > 10
    return [each.replace("$__rate_interval", "5m") for each in (*shown, *rules)]


def _asked_for(query: str) -> set[str]:
    return set(re.findall(r"\b(?:atelier|process)_\w+", query))


def _labels_of(query: str) -> set[tuple[str, str]]:
    """Each metric of a query with each label that is looked at there."""
    by = {name for found in re.findall(r"by \(([^)]*)\)", query) for name in found.split(", ")}
    named = set(re.findall(r"[{,] ?(\w+)(?:=|!)", query))
    return {(metric, label) for metric in _asked_for(query) for label in (by | named) - {"le", "job"}}


@pytest.fixture
async def told(
    queue: Queue, shared_worker: SharedWorker, painting_bot: Callable[..., Settings], you: Chat, small: bytes
) -> dict[str, str]:
    """What the bot and the worker tell after one painting."""
    port = free_port()
    async with running(painting_bot(bot_port=port)), aiohttp.ClientSession() as session:
        await you.heard(PAINTED, after=await you.photo(small, "mosaic"))

        async def delivered() -> str:
            _, text = await _get(session, port, "/metrics")
            return text if 'atelier_deliveries_total{code="none",state="done"}' in text else ""

        assert await _get(session, shared_worker.port, "/healthz") == (200, "ok\n")
        assert await _get(session, shared_worker.port, "/readyz") == (200, "ok\n")
        assert (await _get(session, shared_worker.port, "/other"))[0] == 404
        assert (await _get(session, port, "/readyz"))[0] == 200
        return {
            "bot": await until(delivered),
            "worker": (await _get(session, shared_worker.port, "/metrics"))[1],
        }


async def test_what_is_told_is_what_is_asked_for_and_the_log_has_the_jobs_id(
    told: dict[str, str], repo: Path, shared_worker: SharedWorker, queue: Queue, you: Chat
) -> None:
    bot, worker = _families(told["bot"]), _families(told["worker"])
    asked = {name for query in _queries(repo) for name in _asked_for(query)}
    exported = set()
    for name, kind in (bot | worker).items():
        exported |= {name + part for part in PARTS} if kind == "histogram" else {name}
    assert asked - exported == set(), "asked for, and not told"
    seen = {name.removesuffix(part) for name in asked for part in ("", *PARTS)}
    ours = {name for name in bot | worker if name.startswith("atelier_")}
    assert ours - seen == set(), "told, and not asked for"
    assert not set(bot) & set(worker) & ours, "the two tell different things"

    both = _series(told["bot"]) | _series(told["worker"])
    device = 'atelier_paint_seconds_count{device="cpu",size="128"}'
    assert both[device] >= 1
    assert both['atelier_worker_megapixel_iterations_per_second{device="cpu"}'] > 0
    assert both['atelier_painted_megapixel_iterations_total{device="cpu"}'] > 0
    assert both["atelier_job_wait_seconds_count"] >= 1
    assert both["atelier_worker_ready"] == both["atelier_database_up"] == 1
    labels = {(name.partition("{")[0], label) for name in both for label in re.findall(r'(\w+)="', name)}
    unknown = {
        each for query in _queries(repo) for each in _labels_of(query)
        if each not in labels and any(each[0] == name for name, _ in labels)
    }  # fmt: skip
    assert unknown == set(), "labels that are asked for, and not there"
    secrets = (TOKEN, str(you.person), "Ada")
    assert not [
        each for each in secrets if each in told["bot"] + told["worker"] + shared_worker.program.output
    ]

    (job,) = await queue.jobs(f"telegram:{you.person}")
    lines: list[dict[str, Any]] = [json.loads(line) for line in shared_worker.program.output.splitlines()]
    mine = " ".join(line["message"] for line in lines if line.get("job") == job.id)
    assert "started" in mine
    assert "done after" in mine
    assert all({"time", "level", "logger", "message"} <= line.keys() for line in lines)


def test_the_names_are_as_prometheus_wants_them(repo: Path) -> None:
    from bot import metrics
    from engine.worker import metrics as workers

    for registry in (metrics.REGISTRY, workers.REGISTRY):
        for family in registry.collect():
            if family.name.startswith("process_"):
                continue
            assert re.fullmatch(r"atelier_[a-z]+(_[a-z]+)*", family.name)
            assert family.documentation.endswith(".")
            assert not family.name.endswith(("_total", "_milliseconds", "_minutes"))


def test_every_query_can_be_read(repo: Path) -> None:
    for query in _queries(repo):
        promql_parser.parse(query)


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not here (it comes with Prometheus)")
def test_prometheus_takes_the_example_and_the_alerts(repo: Path) -> None:
    config = repo / "deploy/prometheus/prometheus.yml"
    done = subprocess.run(
        ["promtool", "check", "config", config], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
