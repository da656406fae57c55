/** A sentence of the server, with names between backticks set as code. */
export function Words({ text }: { text: string }) {
  return text.split("`").map((piece, index) => {
    const isName = index % 2 === 1;
    // oxlint-disable-next-line react/no-array-index-key -- pieces of one text, in its order
    const key = index;
    return isName ? (
      <code key={key} className="font-mono text-[0.92em]">
        {piece}
      </code>
    ) : (
      piece
    );
  });
}
