// A snapshot in words.

import { plural, wait } from "app/format";
import { isFinal, overallProgress } from "app/reducer";

const STAGES = {
  DOWNLOADING: ["Preparing", "Fetching the file."],
  PROBING: ["Preparing", "Reading the file."],
  ENCODING: ["Encoding", "Encoding has begun."],
  FINISHING: ["Finishing", "Writing the last pieces."],
};

const MACHINES = { WAITING: "Waiting for a machine…", RUNNING: "The machine is starting its work…" };
const STOPPED = new Set(["DEACTIVATING", "STOPPING", "DEPROVISIONING", "STOPPED", "MISSING"]);

const RENDITION = { PENDING: "Waiting", ENCODING: "Encoding", READY: "Ready", FAILED: "Failed" };

export const renditionLabel = (rendition) => RENDITION[rendition.status] ?? rendition.status;

/**
 * `label` is one or two words for a badge, `tone` its colour, `sentence` what happens now and how long it takes.
 * `percent` is null while there is nothing to measure, `since` when the start of a machine began (on the clock of
 * performance.now()), else null.
 */
export function describe(snapshot) {
  const { status, stage, position, eta, speed, error, playable, machine } = snapshot;
  const final = isFinal(snapshot);
  const answer = (label, tone, sentence, percent = null) => ({ label, tone, sentence, percent, final, since: null });
  switch (status) {
    case "WAITING":
      return answer("Uploading", "quiet", "The upload is not finished.");
    case "QUEUED":
      return answer("Queued", "quiet", queueSentence(position));
    case "LAUNCHED":
      if (machine) return { ...answer("Starting", "busy", machineSentence(machine)), since: startedAt(machine) };
      if (position) return answer("Queued", "quiet", queueSentence(position));
      return answer("Starting", "busy", "A transcoder is being started.");
    case "RUNNING": {
      const [label, sentence] = STAGES[stage] ?? ["Working", "A transcoder is at work."];
      const facts = [];
      if (stage === "ENCODING" && speed) facts.push(`${speed.toFixed(1)}× speed`);
      if (eta !== null && eta !== undefined) facts.push(`${wait(eta)} left`);
      const measured = stage === "ENCODING" || stage === "FINISHING";
      return answer(label, "busy", facts.join(" · ") || sentence, measured ? overallProgress(snapshot) : null);
    }
    case "COMPLETED":
      return answer("Ready", "good", "Every quality is ready.", 100);
    case "FAILED":
      return answer("Failed", "bad", error?.message ?? "This video could not be transcoded.");
    case "CANCELLED":
      return answer("Cancelled", "quiet", playable ? "Transcoding was stopped." : "Transcoding was stopped before it could be played.");
    case "EXPIRED":
      return answer("Expired", "bad", "The upload was not finished in time, so that its parts were removed.");
    default:
      return answer(status, "quiet", "");
  }
}

function machineSentence({ status }) {
  return STOPPED.has(status) ? "The machine stopped before it began." : (MACHINES[status] ?? "Starting a machine…");
}

const startedAt = ({ status, since }) => (STOPPED.has(status) ? null : since);

function queueSentence(position) {
  if (!position) return "Waiting for a transcoder.";
  if (position === 1) return "Next in the queue.";
  return `${plural(position - 1, "video")} before it in the queue.`;
}
