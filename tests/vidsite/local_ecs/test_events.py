"""What the stand-in tells the site, as EventBridge's API destination does."""

from tests.local_ecs import wait_until
from tests.vidsite.local_ecs.conftest import Runner
from transcoding.ecs.tasks import read_task


def all_told(runner: Runner, arn: str) -> None:
    wait_until(lambda: any(one["lastStatus"] == "STOPPED" for one in runner.hook.of(arn)), what="its end is told")


def test_an_event_carries_the_key_and_reads_as_a_task(runner: Runner) -> None:
    arn = runner.start("raise SystemExit(3)")
    all_told(runner, arn)
    assert set(runner.hook.keys) == {runner.ecs.environment["ECS_EVENT_SECRETS"]}
    event = next(event for event in runner.hook.taken if event["resources"] == [arn])
    assert (event["source"], event["detail-type"]) == ("aws.ecs", "ECS Task State Change")
    seen = read_task(runner.hook.of(arn)[-1], container="transcoder")
    assert seen
    assert (seen.arn, seen.status, seen.exit_code, seen.stop_code) == (arn, "STOPPED", 3, "EssentialContainerExited")


def test_an_event_that_the_site_cannot_take_now_is_delivered_again_before_the_next(runner: Runner) -> None:
    runner.hook.answers = [503, 429, 500]
    arn = runner.start("")
    all_told(runner, arn)
    assert [one["version"] for one in runner.hook.of(arn)] == [1, 2, 3, 4, 5, 6]


def test_an_event_that_the_site_refuses_is_not(runner: Runner) -> None:
    runner.hook.answers = [403]
    arn = runner.start("")
    all_told(runner, arn)
    assert [one["version"] for one in runner.hook.of(arn)] == [2, 3, 4, 5, 6]
    assert "The site refuses events with 403" in runner.ecs.log()
