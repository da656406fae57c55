import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/*
 * Speaks just enough S3 to take uploads, and throws them away. A process of its own, so that its work is not counted as
 * the sender's. Tells its parent the port, and with each completed upload the bytes that arrived since the one before.
 */

let receivedBytes = 0;
let uploadCount = 0;

async function drain(request: IncomingMessage): Promise<void> {
  for await (const chunk of request) receivedBytes += (chunk as Buffer).byteLength;
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { searchParams } = new URL(request.url ?? "", "http://sink");
  if (request.method === "PUT") {
    await drain(request);
    response.writeHead(200, { etag: '"part"' }).end();
    return;
  }
  request.resume();
  if (searchParams.has("uploads")) {
    uploadCount += 1;
    receivedBytes = 0;
    const id = `<UploadId>${uploadCount}</UploadId>`;
    response.end(`<InitiateMultipartUploadResult>${id}</InitiateMultipartUploadResult>`);
    return;
  }
  process.send?.({ receivedBytes });
  response.end("<CompleteMultipartUploadResult><ETag>whole</ETag></CompleteMultipartUploadResult>");
}

const server = createServer((request, response) => {
  answer(request, response).catch((error: Error) => response.destroy(error));
});
server.listen(0, "127.0.0.1", () => {
  process.send?.({ port: (server.address() as AddressInfo).port });
});
