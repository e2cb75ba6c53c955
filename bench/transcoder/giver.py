"""Gives out the chunks of one film as the site does, but from memory."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

from transcoding.chunk_planning import Coverage, Film, PlannedChunk, Stretch, next_chunk


@dataclass(kw_only=True)
class ChunkGiver:
    """`made` is what transcoders before have made, by quality; `given` what those at work have been given."""

    segment_seconds: int
    made: dict[str, list[Stretch]] = field(default_factory=dict)
    given: dict[tuple[Hashable, int], PlannedChunk] = field(default_factory=dict)

    def answer(self, claimant: Hashable, claim: dict[str, Any]) -> dict[str, Any]:
        """Answer a claim (docs/protocol.md, 7); what was given is taken to be made."""
        key = (claimant, claim["number"])
        if key not in self.given:
            chunk = self._next(claim)
            if chunk is None:
                return {"chunk": None, "wait": False, "made": self.made}
            self.given[key] = chunk
        chunk = self.given[key]
        given = {"first": chunk.first, "count": chunk.count, "qualities": chunk.qualities}
        return {"chunk": given, "wait": False, "made": self.made}

    def _next(self, claim: dict[str, Any]) -> PlannedChunk | None:
        film = Film(
            qualities=tuple(claim["qualities"]),
            segments=claim["segments"],
            segment_seconds=self.segment_seconds,
            in_one_piece=claim["inOnePiece"],
        )
        stretches = {quality: list(self.made.get(quality, ())) for quality in film.qualities}
        for given in self.given.values():
            for quality in given.qualities:
                stretches[quality].append((given.first, given.first + given.count))
        covered = {quality: Coverage(found) for quality, found in stretches.items()}
        return next_chunk(film, covered, speed=claim["speed"])
