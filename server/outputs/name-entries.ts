/** What a path of Windows cannot hold, and no archive should. */
const FORBIDDEN = /[<>:"|?*\p{Cc}]/gu;

/**
 * Names the files of one archive after their ports, which are paths already: `_` stands for characters that some systems
 * refuse, and the second of a name, whatever its case, has a number before its ending. To be asked once for each file.
 */
export function nameEntries(): (port: string) => string {
  const taken = new Set<string>();
  /** By stem and ending, so that many files of one name are not counted through again for each. */
  const nextNumbers = new Map<string, number>();
  return (port) => {
    const path = port.replace(FORBIDDEN, "_");
    const [, stem = path, ending = ""] = /^(.*[^/])(\.[^./]{1,16})$/.exec(path) ?? [];
    const key = path.toLowerCase();
    let name = path;
    let n = nextNumbers.get(key) ?? 2;
    for (; taken.has(name.toLowerCase()); n += 1) name = `${stem} (${n})${ending}`;
    nextNumbers.set(key, n);
    taken.add(name.toLowerCase());
    return name;
  };
}
