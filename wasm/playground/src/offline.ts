// Lets the browser keep the page, so that it works without a network.

/** In development files change, so nothing is kept. */
export function keepForOffline(): void {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  // Where the browser keeps nothing, the page works all the same.
  navigator.serviceWorker.register("./sw.js").catch(() => {});
}
