/** What stands above the address that the server prints when it starts; the page that asks for the address says so. */
export const SIGN_IN_WORDS = "Millrace is ready. Sign in once with this address:";
