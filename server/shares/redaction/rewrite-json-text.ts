import { Transform } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { JsonRewriter, type TextRewrite } from "./rewrite-json.ts";

/** Rewrites all strings of a whole JSON text. */
export function rewriteJsonText(json: string, rewrite: TextRewrite): string {
  const rewriter = new JsonRewriter(rewrite);
  return rewriter.push(json) + rewriter.end();
}

/** A JSON text that was cut, without its last word: it may be the beginning of what would be recognised as a whole. */
export function dropLastWord(json: string): string {
  let end = json.length;
  while (end > 0 && /[^\s"\\]/.test(json[end - 1]!)) end -= 1;
  return json.slice(0, end);
}

/** `rewriteJsonText` for bytes that arrive in pieces; holds a window of the longest string. */
export function createJsonTransform(rewrite: TextRewrite): Transform {
  const decoder = new StringDecoder("utf8");
  const rewriter = new JsonRewriter(rewrite);
  return new Transform({
    transform(chunk: Buffer, _, done) {
      done(null, rewriter.push(decoder.write(chunk)));
    },
    flush(done) {
      done(null, rewriter.push(decoder.end()) + rewriter.end());
    },
  });
}
