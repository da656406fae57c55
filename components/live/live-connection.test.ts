import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createLiveClient } from "./live-client.ts";
import type { CreateSocket, SocketLike } from "./open-socket.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A client whose sockets open, and say nothing; `drop` ends the newest. */
function setUpDropped() {
  const sockets: SocketLike[] = [];
  const createSocket: CreateSocket = () => {
    const socket: SocketLike = {
      send: () => {},
      close: () => {},
      onopen: null,
      onmessage: null,
      onclose: null,
      onerror: null,
    };
    sockets.push(socket);
    queueMicrotask(() => socket.onopen?.(undefined as never));
    return socket;
  };
  const client = createLiveClient({ url: "ws://localhost/api/v1/live", createSocket });
  client.subscribe("sessions:team", { cursor: null, onEvents: () => {}, onError: () => {} });
  return { client, sockets, drop: () => sockets.at(-1)?.onclose?.(undefined as never) };
}

describe("a connection that was lost", () => {
  it("is tried again at once when the server was reached in another way, and only then", async () => {
    const { client, sockets, drop } = setUpDropped();
    await vi.advanceTimersByTimeAsync(0);
    client.retryNow();
    expect(sockets).toHaveLength(1);
    drop();
    expect(client.connection.get().status).toBe("offline");
    client.retryNow();
    expect(sockets).toHaveLength(2);
  });
});

/** A client whose sockets do not open until they are let through; the topic of a list needs no request as a stream. */
function setUp() {
  let isBlocked = true;
  let socketCount = 0;
  const createSocket: CreateSocket = () => {
    socketCount += 1;
    const socket: SocketLike = {
      send: () => {},
      close: () => {},
      onopen: null,
      onmessage: null,
      onclose: null,
      onerror: null,
    };
    queueMicrotask(() => (isBlocked ? socket.onclose : socket.onopen)?.(undefined as never));
    return socket;
  };
  const client = createLiveClient({ url: "ws://localhost/api/v1/live", createSocket });
  client.subscribe("sessions:team", { cursor: null, onEvents: () => {}, onError: () => {} });
  return {
    connection: client.connection,
    letThrough: () => (isBlocked = false),
    countSockets: () => socketCount,
  };
}

describe("a connection whose sockets do not open", () => {
  it("goes over to server-sent events after the first, without a pause", async () => {
    const { connection, countSockets } = setUp();
    await vi.advanceTimersByTimeAsync(0);
    expect(connection.get()).toMatchObject({ status: "live", transport: "event-stream" });
    expect(countSockets()).toBe(1);
  });

  it("returns to a socket soon after they get through", async () => {
    const { connection, letThrough, countSockets } = setUp();
    await vi.advanceTimersByTimeAsync(0);
    letThrough();
    await vi.advanceTimersByTimeAsync(5_000);
    // The probe, and the one that stays.
    expect(countSockets()).toBe(3);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(countSockets()).toBe(3);
    expect(connection.get().status).toBe("live");
  });
});
