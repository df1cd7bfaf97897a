"""A worker's place in a data folder."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import pytest

from engine.worker.slot import Slot, take_slot


def test_a_name_outlives_the_worker(tmp_path: Path) -> None:
    with take_slot(tmp_path) as first:
        pass
    with take_slot(tmp_path) as again:
        assert again == first


def test_two_workers_of_one_folder_have_two_places_and_the_first_free_one_is_taken(tmp_path: Path) -> None:
    with take_slot(tmp_path) as first:
        with take_slot(tmp_path) as second:
            assert second.name != first.name
            assert second.ready != first.ready
        with take_slot(tmp_path) as third:
            assert third == second


def test_two_folders_of_one_host_give_two_names(tmp_path: Path) -> None:
    with take_slot(tmp_path / "one") as one, take_slot(tmp_path / "two") as two:
        assert one.name != two.name


def test_a_name_that_was_not_written_to_its_end_is_made_up_anew(tmp_path: Path) -> None:
    (tmp_path / "worker-0.name").touch()
    with take_slot(tmp_path) as slot:
        assert slot.name
        assert (tmp_path / "worker-0.name").read_text() == slot.name


def test_a_killed_workers_readiness_is_not_its_successors(tmp_path: Path) -> None:
    (tmp_path / "worker-0.ready").touch()
    with take_slot(tmp_path) as slot:
        assert not slot.ready.exists()
        slot.ready.touch()
    assert not slot.ready.exists()


def test_a_place_is_free_again_after_a_failure(tmp_path: Path) -> None:
    def fail() -> None:
        with take_slot(tmp_path) as slot:
            slot.ready.touch()
            raise RuntimeError(slot.name)

    with pytest.raises(RuntimeError) as failure:
        fail()
    with take_slot(tmp_path) as again:
        assert again.name == str(failure.value)
        assert not again.ready.exists()


def test_a_sign_of_life_names_its_host_and_workers_are_numbered(tmp_path: Path) -> None:
    with take_slot(tmp_path) as first, take_slot(tmp_path) as second:
        assert (first.number, second.number) == (0, 1)
        second.touch_ready()
        assert second.ready.read_text() == f"{platform.node()}\n"
        assert not first.ready.exists()


def test_signs_of_life_go_on_and_another_containers_is_replaced_whole(tmp_path: Path) -> None:
    with take_slot(tmp_path) as slot:
        slot.ready.write_text("another-container\n")
        before = slot.ready.stat()
        slot.touch_ready()
        written = slot.ready.stat()
        assert written.st_ino != before.st_ino, "whoever reads it meanwhile sees one or the other"
        os.utime(slot.ready, (1, 1))
        slot.touch_ready()
        again = slot.ready.stat()
        assert slot.ready.read_text() == f"{platform.node()}\n"
        assert again.st_ino == written.st_ino, "nothing is written that is there already"
        assert again.st_mtime > 1
    assert {path.name for path in tmp_path.iterdir()} == {"worker-0.lock", "worker-0.name"}


def test_a_sign_of_life_that_cannot_be_given_ends_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    Slot("name", 0, tmp_path / "file" / "worker-0.ready").touch_ready()
    assert "worker-0.ready cannot be written" in caplog.text


def test_workers_of_one_folder_know_who_shares_their_device(tmp_path: Path) -> None:
    with take_slot(tmp_path) as first:
        with take_slot(tmp_path) as second, take_slot(tmp_path) as third:
            for slot, device in ((first, "GPU-1"), (second, "GPU-1"), (third, "GPU-2")):
                slot.share_device(device)
            assert first.sharers("GPU-1") == 1, "the others cannot paint yet"
            for slot in (first, second, third):
                slot.touch_ready()
            assert [first.sharers("GPU-1"), second.sharers("GPU-1"), third.sharers("GPU-2")] == [2, 2, 1]
            os.utime(second.ready, (0, 0))  # killed long ago
            assert first.sharers("GPU-1") == 1
            second.ready.touch()
        assert first.sharers("GPU-1") == 1
