"""What the demo prints at its end."""

from vidsite.demo.run import Result


def summary(result: Result, url: str, user: tuple[str, str]) -> list[str]:
    """Put the result into lines."""
    lines = []
    if result.playable_after is not None:
        lines.append(f"Playable after {result.playable_after:.1f} s.")
    if result.completed_after is not None:
        lines.append(f"{result.state.status} after {result.completed_after:.1f} s.")
    if result.state.error:
        lines.append(f"{result.state.error['code']}: {result.state.error['message']}")
    lines += [f"{one.quality}: {one.status}" for one in result.state.renditions.values()]
    lines += result.problems
    if result.good:
        lines.append("Every quality is READY and plays back.")
    if result.video_id:
        lines.append(f"Watch:   {url}/videos/{result.video_id}/")
    lines.append(f"Sign in: {user[0]} / {user[1]} at {url}/accounts/login/")
    return lines
