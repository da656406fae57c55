/** All that Next.js hands to the page for an error of the server is its `digest`: this one says that trying again helps. */
export const UNAVAILABLE_DIGEST = "unavailable";
