"""What the demo prints at its end."""

from vidsite.demo.run import Result
from vidsite.demo.timeline import in_words


def summary(result: Result, url: str, user: tuple[str, str]) -> list[str]:
    """Put the result into lines."""
    lines = []
    if result.timeline:
        lines.append(f"Timeline: {in_words(result.timeline)}")
    if result.state.final:
        lines.append(f"{result.state.status} after {result.timeline[result.state.status.lower()]:.1f} s.")
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
