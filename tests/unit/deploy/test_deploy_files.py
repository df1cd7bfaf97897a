"""The Dockerfile, compose.yaml, the systemd units and the pinned packages keep their promises."""

from __future__ import annotations

import configparser
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from ruamel.yaml import YAML

from bot.settings import Settings
from engine.worker.worker import DATABASE_TIMEOUT, ITERATION_TIMEOUT

ELSEWHERE = {"PATH", "HOME", "PYTHONPATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"}
"""Variables that are not ours."""
SERVER = {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD"}
"""Variables of the database's image."""
TARGETS = ("bot", "engine")
UNITS = ("atelier-bot.service", "atelier-worker@.service")

Yaml = Mapping[str, Any]


@pytest.fixture(scope="module")
def compose(repo: Path) -> Yaml:
    """compose.yaml, with its merges done."""
    read: Yaml = YAML(typ="safe").load((repo / "compose.yaml").read_text("utf-8"))
    return read


@pytest.fixture(scope="module")
def dockerfile(repo: Path) -> dict[str, list[str]]:
    """The instructions of each stage of the Dockerfile, after those of the stage that it is built on."""
    text = re.sub(r"^\s*#.*\n", "", (repo / "Dockerfile").read_text("utf-8"), flags=re.MULTILINE)
    stages: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        if found := re.fullmatch(r"FROM (\S+) AS (\S+)", line):
            stages[found[2]] = lines = list(stages.get(found[1], ()))
        elif line:
            lines.append(line)
    return stages


def test_an_alert_that_nothing_happens_is_true_too_where_nothing_was_ever_counted(repo: Path) -> None:
    """A counter with labels has no series before its first event, and nothing is not equal to 0."""
    groups = YAML(typ="safe").load((repo / "deploy/prometheus/rules.yml").read_text("utf-8"))["groups"]
    rules = [rule["expr"] for group in groups for rule in group["rules"]]
    still = [each for each in rules if re.search(r"increase\(.*== 0$", each)]
    assert still
    assert [each for each in still if not each.endswith("or vector(0)) == 0")] == []


def _last(lines: list[str], instruction: str) -> str:
    return [line for line in lines if line.startswith(f"{instruction} ")][-1].partition(" ")[2]


def _names() -> set[str]:
    return {name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize("target", TARGETS)
def test_an_image_runs_as_nobody_of_importance_and_says_how_it_is(
    dockerfile: dict[str, list[str]], target: str
) -> None:
    lines = dockerfile[target]
    assert _last(lines, "USER") == "10001:10001"
    assert [line.split()[0] for line in lines[-3:]] == ["USER", "HEALTHCHECK", "CMD"], (
        "nothing runs as root after"
    )
    assert _last(lines, "CMD").startswith("["), "a shell in between would keep the signals"
    assert _last(lines, "VOLUME") == "/data"


@pytest.mark.parametrize("target", TARGETS)
def test_an_image_sets_variables_that_there_are(dockerfile: dict[str, list[str]], target: str) -> None:
    said = " ".join(line for line in dockerfile[target] if line.startswith("ENV "))
    names = set(re.findall(r"([A-Z_]+)=", said)) - ELSEWHERE
    assert names <= _names()


def test_every_image_is_named_by_its_digest(repo: Path) -> None:
    files = (repo / "compose.yaml", *repo.glob("deploy/*.yaml"))
    named = [re.findall(r"^ *image: *(\S+)", file.read_text("utf-8"), re.MULTILINE) for file in files]
    dockerfile = (repo / "Dockerfile").read_text("utf-8")
    named.append(re.findall(r"^ARG PYTHON=(\S+)$", dockerfile, re.MULTILINE))
    others = {image for images in named for image in images} - {"atelier-bot", "atelier-engine"}
    assert {image.partition(":")[0] for image in others} >= {"python", "postgres", "caddy"}
    assert all(re.fullmatch(r"[\w/.-]+:[\w.-]+@sha256:[0-9a-f]{64}", image) for image in others), others
    stages = re.findall(r"^FROM (\S+) AS (\S+)", dockerfile, re.MULTILINE)
    known = {"${PYTHON}", *(name for _, name in stages)}
    assert {base for base, _ in stages} <= known, "no stage has another base"


def test_every_package_of_an_image_is_pinned_with_its_hashes(
    repo: Path, dockerfile: dict[str, list[str]]
) -> None:
    for target in TARGETS:
        (install,) = (
            line for line in dockerfile[f"{target}-packages"] if line.startswith("RUN") and "-m venv" in line
        )
        assert "--require-hashes" in install or "./install-packages /opt/venv/bin/python" in install
        pins = (repo / f"deploy/requirements-{target}.txt").read_text("utf-8")
        assert len(re.findall(r"^[\w.-]+==\S+ .*\\\n    --hash=sha256:", pins, re.MULTILINE)) == len(
            re.findall(r"^[\w.-]+==", pins, re.MULTILINE)
        )


@pytest.mark.parametrize("target", TARGETS)
def test_an_image_has_the_versions_that_are_tested(repo: Path, target: str) -> None:
    def pins(file: str) -> set[str]:
        return set(re.findall(r"^[\w.-]+==[^\s;]+", (repo / file).read_text("utf-8"), re.MULTILINE))

    assert pins(f"deploy/requirements-{target}.txt") <= pins("requirements.txt")


def test_the_bots_image_has_no_torch(repo: Path) -> None:
    pins = (repo / "deploy/requirements-bot.txt").read_text("utf-8")
    assert not re.findall(r"^(torch|torchvision|nvidia-\S+|triton)==", pins, re.MULTILINE)


@pytest.fixture
def pip(tmp_path: Path, repo: Path) -> Callable[..., list[str]]:
    """A function that runs deploy/install-packages, and returns the words of each call of pip.

    pip itself is replaced: it would install gigabytes. A file of requirements is given as its packages.
    """
    python, calls = tmp_path / "python", tmp_path / "calls"
    python.write_text(
        "#!/bin/sh\n"
        'for word in "$@"; do '
        '[ -f "$word" ] && word=$(grep -o "^[a-z0-9.-]*==[^ ]*" "$word" | tr "\\n" ",")\n'
        f'printf "%s " "$word"; done >>{calls}; echo >>{calls}\n'
    )
    python.chmod(0o755)

    def run(requirements: Path, **environment: str) -> list[str]:
        script = repo / "deploy" / "install-packages"
        subprocess.run(
            [str(script), str(python), str(requirements)],
            check=True,
            env={"PATH": os.environ["PATH"], **environment},
        )
        return calls.read_text().splitlines()

    return run


PACKAGES = ("requirements.txt", "deploy/requirements-engine.txt")


@pytest.mark.parametrize("file", PACKAGES)
def test_all_packages_are_installed_by_their_hashes(
    pip: Callable[..., list[str]], repo: Path, file: str
) -> None:
    (call,) = pip(repo / file)
    assert " --require-hashes --requirement " in call
    assert "torch==" in call
    assert "nvidia-cublas==" in call


@pytest.mark.parametrize("file", PACKAGES)
def test_without_cuda_only_torch_comes_from_its_own_index(
    pip: Callable[..., list[str]], repo: Path, file: str
) -> None:
    others, torch = pip(repo / file, TORCH_INDEX="https://torch.example/cpu")
    assert " --require-hashes --requirement " in others
    assert re.fullmatch(
        r"-m pip .*install --no-deps --index-url https://torch.example/cpu "
        r"torch==[\d.]+ torchvision==[\d.]+ ",
        torch,
    )
    assert not re.findall(r"cuda|nvidia|triton|torch|cudnn", others)
    everything = set(re.findall(r"^([\w.-]+==[^\s;]+)", (repo / file).read_text(), re.MULTILINE))
    left_out = everything - set(others.split()[-1].strip(",").split(","))
    assert all(re.match(r"cuda-|nvidia-|triton=|torch(vision)?=", each) for each in left_out)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["TORCH=cpu", "TORCH_INDEX="], "error: TORCH=cpu needs TORCH_INDEX: see docs/hosting.md."),
        (["TORCH=rocm"], "error: TORCH can be cpu, or empty."),
    ],
)
def test_a_wrong_kind_of_torch_is_a_line(words: list[str], line: str, repo: Path, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to("/bin/true")
    done = subprocess.run(
        ["make", "install", f"VENV={tmp_path}", *words], cwd=repo, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == line


def test_the_kind_of_torch_is_kept_for_the_next_time(repo: Path, tmp_path: Path) -> None:
    def planned(*words: str) -> str:
        command = ["make", "--dry-run", "run", f"VENV={tmp_path}", *words]
        return subprocess.run(command, cwd=repo, capture_output=True, text=True, check=True).stdout

    assert "TORCH_INDEX= deploy/install-packages" in planned()
    chosen = planned("TORCH=cpu", "TORCH_INDEX=https://torch.example/cpu")
    kept = re.search(r"printf '(.*?)' \"cpu\" \"(.*?)\" >", chosen)
    assert kept is not None
    (tmp_path / "torch.mk").write_text(kept[1].replace("\\n", "\n") % ("cpu", kept[2]))
    assert 'TORCH_INDEX="https://torch.example/cpu" deploy/install-packages' in planned()
    assert "TORCH_INDEX= deploy/install-packages" in planned("TORCH=")


@pytest.mark.parametrize(
    ("installed", "words", "anew"),
    [
        ("", (), False),
        (".installed", (), False),
        (".installed-cpu", ("TORCH=cpu",), False),
        (".installed", ("TORCH=cpu",), True),
        (".installed-cpu", ("TORCH=",), True),
        (".installed-begun", (), True),
    ],
)
def test_another_kind_of_torch_is_installed_anew(
    installed: str, words: Sequence[str], *, anew: bool, repo: Path, tmp_path: Path
) -> None:
    if installed:
        (tmp_path / installed).touch()
    command = ["make", "--dry-run", "--always-make", "install", f"VENV={tmp_path}", "TORCH_INDEX=x", *words]
    planned = subprocess.run(command, cwd=repo, capture_output=True, text=True, check=True).stdout
    assert ("requirements.txt --anew\n" in planned) is anew
    assert (f"rm -f {tmp_path}/{installed}; touch {tmp_path}/.installed-begun\n" in planned) is anew


def _wheel(folder: Path, name: str, version: str) -> str:
    """Write a package that has nothing in it; return its line in a file of requirements."""
    stem = f"{name.replace('-', '_')}-{version}"
    file = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as wheel:
        info = f"{stem}.dist-info"
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    return f"{name}=={version} \\\n    --hash=sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}\n"


def test_torch_changes_its_kind_both_ways(repo: Path, tmp_path: Path) -> None:
    """With the real pip, which takes 2.15.0+cpu for 2.15.0, and the other way round."""
    packages = ("torch", "torchvision", "nvidia-cublas", "numpy")
    requirements = tmp_path / "requirements.txt"
    usual, cpu = tmp_path / "usual", tmp_path / "cpu"
    usual.mkdir()
    cpu.mkdir()
    requirements.write_text("".join(_wheel(usual, name, "2.15.0") for name in packages))
    for name, version in (("torch", "2.15.0+cpu"), ("torchvision", "2.15.0+cpu"), ("numpy", "2.15.0")):
        _wheel(cpu, name, version)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True)
    (site,) = (tmp_path / "venv").glob("lib/python3*/site-packages")
    (site / "pip").symlink_to(Path(str(importlib.util.find_spec("pip").origin)).parent)  # type: ignore[union-attr]

    def installed(*words: str, index: str = "") -> set[str]:
        subprocess.run(
            [
                repo / "deploy" / "install-packages",
                tmp_path / "venv" / "bin" / "python",
                requirements,
                *words,
            ],
            check=True,
            env={
                "PATH": os.environ["PATH"],
                "TORCH_INDEX": index,
                "PIP_NO_INDEX": "yes",
                "PIP_FIND_LINKS": str(cpu if index else usual),
            },
        )
        return {path.name.removesuffix(".dist-info") for path in site.glob("*.dist-info")}

    with_cuda = {f"{name.replace('-', '_')}-2.15.0" for name in packages}
    assert installed() == with_cuda
    assert installed("--anew", index="x") == {"torch-2.15.0+cpu", "torchvision-2.15.0+cpu", "numpy-2.15.0"}
    assert installed("--anew") == with_cuda


def test_nothing_secret_gets_into_an_image(repo: Path) -> None:
    lines = [line for line in (repo / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert lines[0] == "*", "only what is named"
    assert {line for line in lines if line.startswith("!")} == {
        *(
            "!bot",
            "!engine",
            "!deploy/requirements-*.txt",
            "!deploy/install-packages",
            "!LICENSE",
            "!THIRD-PARTY.md",
        ),
    }


@pytest.mark.parametrize("target", TARGETS)
def test_an_image_has_the_licence_and_the_notices(dockerfile: dict[str, list[str]], target: str) -> None:
    assert "COPY LICENSE THIRD-PARTY.md ./" in dockerfile[target]


def test_the_famous_paintings_are_left_out_of_an_image_as_of_a_catalogue(
    dockerfile: dict[str, list[str]], compose: Yaml
) -> None:
    assert "ARG FAMOUS=true" in dockerfile["bundle"]
    (run,) = (line for line in dockerfile["bundle"] if "styles fetch" in line)
    _, _, famous = run.partition('if [ "$FAMOUS" = true ]')
    assert "styles fetch" in famous
    assert "/opt/bundle/paintings {}" in famous
    assert compose["services"]["engine"]["build"]["args"] == {
        "FAMOUS": "${FAMOUS:-true}",
        "TORCH_INDEX": "${TORCH_INDEX:-}",
    }


@pytest.mark.parametrize("service", ["bot", "engine", "postgres"])
def test_a_service_can_do_no_more_than_it_has_to(compose: Yaml, service: str) -> None:
    said = compose["services"][service]
    assert said["read_only"] is True
    assert said["cap_drop"] == ["ALL"]
    assert said["security_opt"] == ["no-new-privileges:true"]
    assert said["restart"] == "unless-stopped"
    assert said["logging"]["options"].keys() == {"max-size", "max-file"}
    assert "mem_limit" in said
    assert not said.get("privileged")
    assert all(port.startswith("${POSTGRES_LISTEN:-127.0.0.1:") for port in said.get("ports", ()))


@pytest.mark.parametrize("service", TARGETS)
def test_a_service_gets_variables_that_there_are_and_no_secret_in_the_file(
    compose: Yaml, service: str
) -> None:
    environment = compose["services"][service]["environment"]
    assert environment.keys() <= _names() | SERVER
    for name, value in environment.items():
        if isinstance(
            Settings.model_fields.get(name.lower(), Settings.model_fields["device"]).default, SecretStr
        ):
            assert value == "" or value.startswith("${")
    assert environment["DATA_DIR"] == "/data"
    assert "data:/data" in compose["services"][service]["volumes"]


def test_a_worker_is_told_none_of_the_bots_secrets(compose: Yaml) -> None:
    environment = compose["services"]["engine"]["environment"]
    secrets = {
        name.upper() for name, field in Settings.model_fields.items() if isinstance(field.default, SecretStr)
    }
    assert "BOT_TOKEN" in secrets
    assert all(environment[name] == "" for name in secrets)


@pytest.mark.parametrize("service", TARGETS)
def test_a_service_waits_for_the_database_only_where_there_is_one(compose: Yaml, service: str) -> None:
    assert compose["services"][service]["depends_on"] == {
        "postgres": {"condition": "service_healthy", "required": False}
    }
    assert "profiles" not in compose["services"][service]
    assert compose["services"]["postgres"]["profiles"] == ["postgresql"]


def test_how_many_there_are_is_said_where_every_later_command_finds_it(repo: Path, compose: Yaml) -> None:
    assert compose["services"]["engine"]["scale"] == "${ENGINE_WORKERS:-1}"
    assert "scale" not in compose["services"]["bot"], "without a webhook two would take each other's updates"
    webhook = YAML(typ="safe").load((repo / "deploy/compose.webhook.yaml").read_text("utf-8"))
    assert webhook["services"]["bot"]["scale"] == "${BOTS:-1}"
    hosting = (repo / "docs/hosting.md").read_text("utf-8")
    starts = set(re.findall(r"docker compose up --detach[^`\n#]*", hosting))
    assert {start.strip().removeprefix("docker compose up --detach") for start in starts} == {
        *("", " --remove-orphans", " --wait postgres"),
    }


@pytest.mark.parametrize(("here", "absent"), [("bot", "engine"), ("engine", "bot")])
def test_a_machine_may_have_one_of_the_two_without_the_others_image(
    repo: Path, here: str, absent: str
) -> None:
    """Drop the services of profiles that are not chosen: they are neither started nor built."""
    only = YAML(typ="safe").load((repo / f"deploy/compose.{here}-only.yaml").read_text("utf-8"))
    assert only == {"services": {absent: {"profiles": ["elsewhere"]}}}


def test_whoever_stops_a_worker_gives_it_the_time_that_it_takes(repo: Path, compose: Yaml) -> None:
    needed = ITERATION_TIMEOUT + DATABASE_TIMEOUT
    assert int(compose["services"]["engine"]["stop_grace_period"].removesuffix("s")) > 2 * needed
    for unit in UNITS:
        assert int(_unit(repo, unit)["Service"]["TimeoutStopSec"]) > 2 * needed


def test_the_gpus_are_asked_for_by_whoever_wants_them(repo: Path, compose: Yaml) -> None:
    assert "deploy" not in compose["services"]["engine"]
    gpus = YAML(typ="safe").load((repo / "deploy/compose.gpu.yaml").read_text("utf-8"))
    (device,) = gpus["services"]["engine"]["deploy"]["resources"]["reservations"]["devices"]
    assert device == {"driver": "nvidia", "count": "all", "capabilities": ["gpu"]}


def _unit(repo: Path, name: str) -> Mapping[str, Mapping[str, str]]:
    unit = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read(repo / "deploy" / name, "utf-8")
    return unit


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_can_write_to_its_own_folder_and_nowhere_else(repo: Path, name: str) -> None:
    service = _unit(repo, name)["Service"]
    expected = {
        "DynamicUser": "yes",
        "ProtectSystem": "strict",
        "ProtectHome": "yes",
        "PrivateTmp": "yes",
        "NoNewPrivileges": "yes",
        "CapabilityBoundingSet": "",
        "StateDirectory": "atelier",
        "Restart": "always",
    }
    assert {key: service[key] for key in expected} == expected
    assert "ReadWritePaths" not in service
    assert set(re.findall(r"\b([A-Z_]+)=", service["ExecStart"])) <= _names()


def test_a_workers_unit_takes_the_bots_secrets_away(repo: Path) -> None:
    service = _unit(repo, "atelier-worker@.service")["Service"]
    assert service["UnsetEnvironment"].split() == ["BOT_TOKEN", "BOT_WEBHOOK_SECRET"]
    assert "DEVICE=%i" in service["ExecStart"]


def test_the_devices_of_gpus_are_made_before_a_worker_which_has_no_right_to_make_them(repo: Path) -> None:
    order = _unit(repo, "atelier-worker@.service")["Unit"]
    assert all("atelier-gpu.service" in order[key].split() for key in ("Wants", "After"))
    unit = (repo / "deploy/atelier-gpu.service").read_text("utf-8")
    tools = re.findall(r"^ExecStart=-/usr/bin/(\S+)", unit, re.MULTILINE)
    assert tools == ["nvidia-modprobe", "nvidia-smi"], "as root, and without a GPU no fault"
    assert (
        not {"User", "DynamicUser", "NoNewPrivileges"} & _unit(repo, "atelier-gpu.service")["Service"].keys()
    )


def test_each_worker_may_have_settings_of_its_own_above_those_of_all(repo: Path) -> None:
    unit = (repo / "deploy/atelier-worker@.service").read_text("utf-8")
    assert re.findall(r"^EnvironmentFile=(.*)$", unit, re.MULTILINE) == [
        *("/etc/atelier.env", "-/etc/atelier-worker@%i.env"),
    ]


def test_the_command_line_beside_the_units_is_their_user_with_their_settings(
    repo: Path, tmp_path: Path
) -> None:
    runner = tmp_path / "systemd-run"
    runner.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    runner.chmod(0o755)
    done = subprocess.run(
        [repo / "deploy/atelier", "jobs", "--show", "two words"],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    words = done.stdout.splitlines()
    given = dict(word.removeprefix("--property=").split("=", 1) for word in words if "--property=" in word)
    unit = _unit(repo, "atelier-bot.service")["Service"]
    assert given == {name: unit[name] for name in given}
    assert {"User", "DynamicUser", "StateDirectory", "StateDirectoryMode", "EnvironmentFile"} <= given.keys()
    (command,) = re.findall(r"(/usr/bin/env .*) -m bot", unit["ExecStart"])
    ours = [*command.replace("%S", "/var/lib").split(), "-m", "bot.cli", "jobs", "--show", "two words"]
    assert words[-len(ours) :] == ours


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_understands_the_units_and_finds_little_exposed(repo: Path) -> None:
    units = [str(repo / "deploy" / name) for name in UNITS]
    checked = subprocess.run(
        ["systemd-analyze", "verify", *units, str(repo / "deploy/atelier-gpu.service")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (checked.returncode, checked.stderr) == (0, "")
    for unit in units:
        judged = subprocess.run(
            ["systemd-analyze", "security", "--offline=true", "--threshold=20", unit],
            capture_output=True, text=True, check=False, env=os.environ | {"SYSTEMD_PAGER": "cat"},
        )  # fmt: skip
        assert judged.returncode == 0, judged.stdout


def test_the_dockerfile_and_the_compose_files_are_what_their_readers_take(repo: Path) -> None:
    tools = Path(sys.executable).parent
    for command in (
        ["hadolint", "Dockerfile"],
        ["check-jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml", *_overrides(repo)],
    ):
        done = subprocess.run(
            [tools / command[0], *command[1:]], cwd=repo, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_finds_the_containers_by_the_lines_that_are_there_for_it(
    repo: Path, compose: Yaml
) -> None:
    example = (repo / "deploy/prometheus/prometheus.yml").read_text("utf-8")
    text = re.sub(r"^ +static_configs:\n.*\n", "", example, flags=re.MULTILINE).replace("# dns_sd", "dns_sd")
    found = {
        job["job_name"]: tuple(job["dns_sd_configs"][0].values())
        for job in YAML(typ="safe").load(text)["scrape_configs"]
    }
    ports = {
        name: compose["services"][name]["environment"][port]
        for name, port in (("bot", "BOT_PORT"), ("engine", "METRICS_PORT"))
    }
    assert found == {
        "atelier-bot": (["bot"], "A", int(ports["bot"])),
        "atelier-worker": (["engine"], "A", int(ports["engine"])),
    }


def _overrides(repo: Path) -> list[str]:
    return [str(file) for file in sorted(repo.glob("deploy/compose.*.yaml"))]
