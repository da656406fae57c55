/**
 * What isolated processes call the machine of their server; their own `localhost` is inside. Names below `.internal`
 * are never given out (ICANN board resolution 2024.07.29.06), so no page can have one that leads here.
 */
export const SANDBOX_HOST = "host.millrace.internal";
