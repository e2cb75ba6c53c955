// The one way to the JSON API. Every failure is an ApiError, whose message is a sentence for the user.

export class ApiError extends Error {
  constructor(status, code, message, body = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.body = body;
  }

  /** The session is over or its CSRF cookie was replaced by another sign-in: nothing is wrong with the request. */
  get needsSignIn() {
    return this.status === 401 || (this.status === 403 && !this.code.startsWith("upload."));
  }

  /** Asking again may help; for every other answer it would only be the same again. */
  get mayPass() {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

const csrfToken = () => document.cookie.match(/(?:^|;\s*)csrftoken=([^;]+)/)?.[1] ?? "";

export async function request(method, url, body, { signal, timeoutSeconds = 30 } = {}) {
  // The token is read at each call: signing in again in another tab replaces it.
  const headers = method === "GET" ? {} : { "X-CSRFToken": csrfToken() };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const limit = AbortSignal.timeout(timeoutSeconds * 1000);
  let response;
  let answer;
  try {
    response = await fetch(url, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
    answer = response.status === 204 ? null : await response.json().catch(() => null);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, "network", "The site does not answer. Check your connection.");
  }
  // A login page in place of an answer: the request was redirected there and came back as HTML.
  if (response.redirected && answer === null) throw new ApiError(401, "signed-out", "Sign in again.");
  if (!response.ok) {
    const code = answer?.code ?? `http-${response.status}`;
    throw new ApiError(response.status, code, answer?.message ?? sentenceFor(response.status), answer ?? {});
  }
  return answer;
}

function sentenceFor(status) {
  if (status === 401 || status === 403) return "You have been signed out. Sign in again.";
  if (status === 404) return "This does not exist any more.";
  if (status === 413) return "This is too large for the site.";
  if (status === 429) return "That was too often. Wait a moment.";
  return "The site could not do this. Try again in a moment.";
}
