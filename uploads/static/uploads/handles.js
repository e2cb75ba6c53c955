// Which file an upload came from, kept in IndexedDB: its facts, and where the browser offers it a handle to open it again.

const STORE = "files";

function open() {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open("vidsite-uploads", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE, { keyPath: "videoId" });
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
}

// Continuing without the file picker is a comfort: a browser that refuses storage only loses that.
async function inStore(mode, use) {
  try {
    const database = await open();
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const result = use(transaction.objectStore(STORE));
      transaction.oncomplete = () => {
        database.close();
        resolve(result.result);
      };
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  } catch {
    return undefined;
  }
}

export function remember(videoId, { name, size, lastModified }, handle) {
  const facts = { videoId, name, size, lastModified };
  return inStore("readwrite", (store) => store.put(handle ? { ...facts, handle } : facts));
}

export const recall = (videoId) => inStore("readonly", (store) => store.get(videoId));

export const forget = (videoId) => inStore("readwrite", (store) => store.delete(videoId));

/** Open a kept handle; null when there is none, it was refused, or the file is gone. Needs a click. */
export async function fileOf(handle) {
  if (!handle) return null;
  try {
    let permission = await handle.queryPermission({ mode: "read" });
    if (permission === "prompt") permission = await handle.requestPermission({ mode: "read" });
    return permission === "granted" ? await handle.getFile() : null;
  } catch {
    return null;
  }
}

/**
 * Let the person pick files; answers [{file, handle}], or null where the browser has no picker that gives handles.
 */
export async function pickWithHandles({ extensions, multiple }) {
  if (!("showOpenFilePicker" in globalThis)) return null;
  try {
    const handles = await globalThis.showOpenFilePicker({
      multiple,
      types: [{ description: "Videos", accept: { "video/*": extensions } }],
    });
    return await Promise.all(handles.map(async (handle) => ({ handle, file: await handle.getFile() })));
  } catch (error) {
    return error.name === "AbortError" ? [] : null;
  }
}

/** The files of a drop. The items are emptied when the handler returns, so all is asked for before the first await. */
export function droppedFiles(transfer) {
  const items = [...transfer.items].filter((item) => item.kind === "file");
  return Promise.all(
    items.map((item) => {
      const file = item.getAsFile();
      const asking = item.getAsFileSystemHandle?.().catch(() => null);
      return Promise.resolve(asking).then((handle) => ({ file, handle: handle?.kind === "file" ? handle : null }));
    }),
  );
}
