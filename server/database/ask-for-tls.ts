import { connect } from "node:net";

/** PostgreSQL, "SSLRequest": its length and a number that is no version. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

interface ServerAddress {
  host: string;
  port: number;
}

/**
 * Asks a server whether it offers TLS, which every PostgreSQL tells before anything else. Null when it answers
 * otherwise: it is something else. Rejects when it is not reached, hangs up (as proxies do while the server behind them
 * is away), or is silent until the signal is aborted.
 */
export function askForTls(
  { host, port }: ServerAddress,
  signal: AbortSignal,
): Promise<boolean | null> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    // By hand: the option of `connect` leaves a listener behind for each attempt.
    const leave = () => socket.destroy(new Error("It was silent"));
    signal.addEventListener("abort", leave, { once: true });
    socket.once("close", () => signal.removeEventListener("abort", leave));
    socket.once("connect", () => socket.write(SSL_REQUEST));
    socket.once("data", (answer) => {
      resolve(answers.get(answer.toString("latin1")) ?? null);
      socket.destroy();
    });
    socket.once("error", reject);
    socket.once("end", () => {
      socket.destroy(Object.assign(new Error("It hung up"), { code: "ECONNRESET" }));
    });
  });
}

const answers = new Map([
  ["S", true],
  ["N", false],
]);
