// Put one part straight to the object store. fetch() reports no upload progress, so this is XMLHttpRequest.

export class StoreError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }

  /** The signature or its time: a new URL may be accepted. This is not about the person's session. */
  get needsNewUrl() {
    return this.status === 403;
  }

  get mayPass() {
    return [0, 400, 403, 408, 409, 429].includes(this.status) || this.status >= 500;
  }
}

/** Send `blob`; rejects when no byte has moved for `stallSeconds`, as a dead connection never says so itself. */
export function putPart({ url, method = "PUT", headers = {} }, blob, { signal, onProgress, stallSeconds = 30 }) {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const call = new XMLHttpRequest();
    let watchdog;
    const finish = (settle, value) => {
      clearTimeout(watchdog);
      signal.removeEventListener("abort", abort);
      settle(value);
    };
    const abort = () => {
      finish(reject, signal.reason);
      call.abort();
    };
    const stalled = () => {
      finish(reject, new StoreError(0, "The connection to the store stalled."));
      call.abort();
    };
    const alive = () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(stalled, stallSeconds * 1000);
    };
    signal.addEventListener("abort", abort, { once: true });
    call.open(method, url);
    for (const [name, value] of Object.entries(headers)) call.setRequestHeader(name, value); // they are signed
    call.upload.onprogress = (event) => {
      alive();
      onProgress(event.loaded);
    };
    call.onload = () => {
      // "There is such an object already": an earlier try arrived, and only its answer was lost.
      if ((call.status >= 200 && call.status < 300) || call.status === 412) finish(resolve);
      else finish(reject, new StoreError(call.status, `The store refused a part (${call.status}).`));
    };
    call.onerror = () => finish(reject, new StoreError(0, "The store cannot be reached."));
    alive();
    call.send(blob); // a slice has no type: the browser adds no Content-Type but the one that is signed
  });
}
