/**
 * Networks that a server must not be talked into visiting: private, loopback, link-local (with the metadata services
 * of clouds), carrier-grade NAT, test, benchmark, multicast, reserved. IANA special-purpose registries, 2024.
 */
const FORBIDDEN_V4: [string, number][] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];

/** Inside the only block of IPv6 that is given out, 2000::/3; everything outside is forbidden anyway. */
const FORBIDDEN_V6: [string, number][] = [
  // Teredo, benchmarking, ORCHID and other protocol assignments.
  ["2001::", 23],
  ["2001:db8::", 32],
  // 6to4: an IPv4 address in disguise.
  ["2002::", 16],
  ["3fff::", 20],
];

/** Prefixes of 96 bits behind which an IPv4 address is meant: mapped, and NAT64. */
const V4_PREFIXES = ["::ffff:0:0", "64:ff9b::"].map((text) => groupsOf(text).slice(0, 6).join());

/**
 * True for an IP address of the public internet. Takes what resolvers and URL parsers give: dotted decimal IPv4, IPv6
 * with or without brackets. Anything else, scoped addresses too, answers false.
 */
export function isPublicAddress(address: string): boolean {
  const bare = address.replace(/^\[(.*)\]$/, "$1");
  if (isV4(bare)) return !FORBIDDEN_V4.some(([network, bits]) => isInV4(bare, network, bits));
  if (!/^[0-9a-f:.]+$/i.test(bare) || !bare.includes(":")) return false;
  const groups = groupsOf(bare);
  if (groups.length !== 8 || groups.some((group) => !(group >= 0 && group <= 0xffff))) return false;
  if (V4_PREFIXES.includes(groups.slice(0, 6).join())) return isPublicAddress(embeddedV4(groups));
  if (((groups[0] ?? 0) & 0xe000) !== 0x2000) return false;
  return !FORBIDDEN_V6.some(([network, bits]) => isInV6(groups, groupsOf(network), bits));
}

/** True for what a URL's `hostname` holds when it is an address and no name. */
export const isAddress = (hostname: string) => isV4(hostname) || hostname.startsWith("[");

function isV4(text: string): boolean {
  if (!/^(?:\d{1,3}\.){3}\d{1,3}$/.test(text)) return false;
  return text.split(".").every((part) => Number(part) <= 255);
}

function numberOf(v4: string): number {
  return v4.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

function isInV4(address: string, network: string, bits: number): boolean {
  const size = 2 ** (32 - bits);
  return Math.floor(numberOf(address) / size) === Math.floor(numberOf(network) / size);
}

function isInV6(groups: number[], network: number[], bits: number): boolean {
  const toBits = (list: number[]) =>
    list.map((group) => group.toString(2).padStart(16, "0")).join("");
  return toBits(groups).slice(0, bits) === toBits(network).slice(0, bits);
}

/** Eight numbers for a well-formed address; a list of another length, or with NaN in it, for others. */
function groupsOf(text: string): number[] {
  const [head = "", tail, ...others] = text.split("::");
  if (others.length > 0) return [];
  const left = parseGroups(head);
  if (tail === undefined) return left;
  const right = parseGroups(tail);
  const missing = 8 - left.length - right.length;
  return missing < 1 ? [] : [...left, ...Array<number>(missing).fill(0), ...right];
}

function parseGroups(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (isV4(group)) return [Math.floor(numberOf(group) / 65_536), numberOf(group) % 65_536];
    return /^[0-9a-f]{1,4}$/i.test(group) ? [Number.parseInt(group, 16)] : [Number.NaN];
  });
}

const embeddedV4 = (groups: number[]) =>
  groups
    .slice(6)
    .flatMap((group) => [group >> 8, group & 255])
    .join(".");
