/** Bytes as base64 in ASCII, chunk by chunk: three bytes are four characters. */
export async function* encodeBase64(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let open: Buffer = Buffer.alloc(0);
  for await (const chunk of source) {
    const bytes = open.byteLength === 0 ? chunk : Buffer.concat([open, chunk]);
    const whole = bytes.byteLength - (bytes.byteLength % 3);
    open = bytes.subarray(whole);
    if (whole > 0) yield Buffer.from(bytes.toString("base64", 0, whole), "latin1");
  }
  if (open.byteLength > 0) yield Buffer.from(open.toString("base64"), "latin1");
}
