// The upload page: the queue, what was left unfinished, and the live states of what has arrived.

import { request } from "app/api";
import { LiveClient, pollEach, showConnection } from "app/live";
import { announce, confirm, pageData } from "app/page";
import { describe } from "app/states";
import { droppedFiles, pickWithHandles } from "app/uploads/handles";
import { refusal, sameFile } from "app/uploads/plan";
import { Slots } from "app/uploads/pool";
import { Row } from "app/uploads/row";
import { Transfer } from "app/uploads/transfer";
import { Unfinished } from "app/uploads/unfinished";

const FILES_AT_ONCE = 2;
const PARTS_AT_ONCE = 4;
const SURE_BEFORE_CANCEL = 0.2;

const limits = pageData("limits");
const slots = { files: new Slots(FILES_AT_ONCE), parts: new Slots(PARTS_AT_ONCE) };
const transfers = new Map(); // Transfer → Row
const watched = new Map(); // videoId → {row, name, said}
const queue = document.querySelector("[data-queue]");
const queueSection = document.querySelector("[data-queue-section]");
const signedOut = document.querySelector("[data-signed-out]");
const offline = document.querySelector("[data-offline]");
const title = document.title;
let live = null;

const unfinished = new Unfinished(pageData("unfinished"), {
  extensions: limits.extensions,
  goOn: (file, handle) => add(file, handle, { known: true }),
});

// Taking files in

function add(file, handle, { known = false } = {}) {
  const mine = [...transfers.keys()].filter((transfer) => transfer.state !== "done");
  if (mine.some((transfer) => sameFile(file, transfer.file))) {
    announce(`${file.name} is in the list already.`);
    return;
  }
  const begun = known || unfinished.includes(file);
  const open = unfinished.count + mine.filter((transfer) => !unfinished.includes(transfer.file)).length;
  const reason = refusal(file, limits, begun ? 0 : open);
  if (reason) refuse(file, reason);
  else send(file, handle);
}

function refuse(file, reason) {
  const row = new Row(file.name, { dismiss: () => dismiss(row) });
  row.showRefusal(reason);
  show(row);
  announce(`${file.name}: ${reason}`);
}

function send(file, handle) {
  const transfer = new Transfer(file, { handle, ...slots });
  const row = new Row(file.name, {
    pause: () => transfer.pause(),
    start: () => transfer.start(),
    cancel: () => cancel(transfer),
    dismiss: () => dismiss(row),
  });
  transfers.set(transfer, row);
  transfer.addEventListener("opened", () => unfinished.remove(transfer.videoId));
  transfer.addEventListener("progress", () => refresh(transfer));
  transfer.addEventListener("state", () => onState(transfer));
  show(row);
  transfer.start();
}

function show(row) {
  queue.append(row.element);
  queueSection.hidden = false;
}

function dismiss(row) {
  row.element.remove();
  for (const [videoId, entry] of watched) if (entry.row === row) watched.delete(videoId);
  queueSection.hidden = !queue.children.length;
  document.querySelector("[data-choose]").focus();
}

async function cancel(transfer) {
  const { name } = transfer.file;
  if (transfer.sent > transfer.file.size * SURE_BEFORE_CANCEL) {
    const text = "The parts that have arrived are thrown away.";
    if (!(await confirm({ title: `Cancel ${name}?`, text, action: "Cancel the upload" }))) return;
  }
  const row = transfers.get(transfer);
  transfers.delete(transfer);
  dismiss(row);
  announce(`${name}: cancelled.`);
  // The row is gone either way: what the site could not throw away now, it drops when the upload expires.
  await transfer.cancel().catch((error) => {
    if (error.code === "upload.completed") announce(`${name} was complete already: it is in your library.`);
  });
  refreshPage();
}

// Showing how it goes

const drawn = new Set();

/** Progress comes with every packet; the page is drawn at most once a frame. */
function refresh(transfer) {
  if (drawn.has(transfer)) return;
  drawn.add(transfer);
  setTimeout(() => {
    drawn.delete(transfer);
    // A row that was cancelled, or already follows its video, is not drawn over.
    if (transfer.state !== "done") transfers.get(transfer)?.showTransfer(transfer);
    refreshPage();
  }, 100);
}

function onState(transfer) {
  transfers.get(transfer)?.showTransfer(transfer);
  const { name } = transfer.file;
  if (transfer.state === "failed") announce(`${name}: ${transfer.error.message}`);
  if (transfer.state === "signed-out") signedOut.hidden = false;
  if (transfer.state === "done") {
    announce(`${name}: uploaded, it will now be transcoded.`);
    follow(transfer);
  }
  refreshPage();
}

function refreshPage() {
  const active = [...transfers.keys()].filter((transfer) => transfer.active);
  const total = active.reduce((sum, transfer) => sum + transfer.file.size, 0);
  const sent = active.reduce((sum, transfer) => sum + transfer.sent, 0);
  document.title = total ? `${Math.floor((sent / total) * 100)}% · ${title}` : title;
  removeEventListener("beforeunload", warn);
  if (active.length) addEventListener("beforeunload", warn);
}

function warn(event) {
  event.preventDefault();
}

// Following the video once its bytes are in

async function follow(transfer) {
  const { videoId, file } = transfer;
  watched.set(videoId, { row: transfers.get(transfer), name: file.name, said: "" });
  transfers.delete(transfer);
  if (!live) {
    const poll = (silent) => pollEach(silent.filter((id) => watched.has(id)));
    live = new LiveClient("/ws/videos/", { poll }).start();
    live.addEventListener("change", ({ detail }) => showVideo(detail));
    showConnection(live);
  }
  try {
    const video = await request("GET", `/api/videos/${videoId}`);
    live.seed(video.snapshot);
  } catch {
    // The socket brings the same.
  }
  const known = live.videos.get(videoId);
  if (known) showVideo(known);
}

function showVideo(snapshot) {
  const entry = watched.get(snapshot.videoId);
  if (!entry) return;
  if (snapshot.deleted) {
    dismiss(entry.row);
    return;
  }
  if (snapshot.status === "WAITING") return; // heard from before the upload was completed
  entry.row.showVideo(snapshot);
  const { final, label } = describe(snapshot);
  const news = final ? label : snapshot.playable ? "Can be watched" : "";
  if (news && news !== entry.said) {
    entry.said = news;
    announce(`${entry.name}: ${news.toLowerCase()}.`);
  }
}

// Choosing and dropping

document.querySelector("[data-choose]").addEventListener("click", async () => {
  const picked = await pickWithHandles({ extensions: limits.extensions, multiple: true });
  if (picked) picked.forEach(({ file, handle }) => add(file, handle));
  else document.querySelector("[data-input]").click();
});

document.querySelector("[data-input]").addEventListener("change", ({ target }) => {
  for (const file of target.files) add(file, null);
  target.value = ""; // so that the same file can be chosen again
});

let depth = 0; // dragenter and dragleave fire for every element on the way
const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
const dragging = (change) => {
  depth = Math.max(0, depth + change);
  document.body.classList.toggle("dragging", depth > 0);
};
addEventListener("dragenter", (event) => carriesFiles(event) && dragging(1));
addEventListener("dragleave", (event) => carriesFiles(event) && dragging(-1));
addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
addEventListener("drop", async (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault(); // a drop beside the box must not replace the page by the file
  dragging(-depth);
  for (const { file, handle } of await droppedFiles(event.dataTransfer)) add(file, handle);
});

// The network and the session

const showOffline = () => {
  offline.hidden = navigator.onLine;
  for (const transfer of transfers.keys()) refresh(transfer);
};
addEventListener("offline", showOffline);
addEventListener("online", showOffline);
showOffline();

async function afterSignIn() {
  if (document.hidden || signedOut.hidden) return;
  try {
    await request("GET", "/api/uploads");
  } catch {
    return;
  }
  signedOut.hidden = true;
  for (const transfer of transfers.keys()) if (transfer.state === "signed-out") transfer.start();
}
addEventListener("focus", afterSignIn);
document.addEventListener("visibilitychange", afterSignIn);
