/** What a walk over a value has seen. */
export interface ValueSurvey {
  /** What was looked for, each once. */
  found: Set<unknown>;
  isCyclic: boolean;
  /** Every container, each once, behind everything that is in it. */
  containers: Container[];
}

type Container = unknown[] | Map<unknown, unknown> | Set<unknown> | Record<string, unknown>;

interface Visit {
  container: Container;
  members: Iterator<unknown>;
}

/** Walks arrays, plain objects, Maps (their values) and Sets, however deep. What `isFound` names is not walked into. */
export function surveyValue(root: unknown, isFound: (value: unknown) => boolean): ValueSurvey {
  const survey: ValueSurvey = { found: new Set(), isCyclic: false, containers: [] };
  const open = new Set<unknown>();
  const closed = new Set<unknown>();
  const visits: Visit[] = [];

  const enter = (value: unknown) => {
    if (isFound(value)) survey.found.add(value);
    else if (open.has(value)) survey.isCyclic = true;
    else if (!closed.has(value) && isContainer(value)) {
      open.add(value);
      visits.push({ container: value, members: membersOf(value)[Symbol.iterator]() });
    }
  };

  enter(root);
  // Not by recursion: a value may be nested deeper than the stack.
  for (let visit = visits.at(-1); visit !== undefined; visit = visits.at(-1)) {
    const next = visit.members.next();
    if (!next.done) {
      enter(next.value);
      continue;
    }
    visits.pop();
    open.delete(visit.container);
    closed.add(visit.container);
    survey.containers.push(visit.container);
  }
  return survey;
}

/** The value with what was found replaced; only containers with a replacement below them are made anew. */
export function rebuildValue(
  root: unknown,
  { containers }: ValueSurvey,
  replacements: ReadonlyMap<unknown, unknown>,
): unknown {
  const replaced = new Map(replacements);
  for (const container of containers) {
    if ([...membersOf(container)].some((member) => replaced.has(member)))
      replaced.set(container, copyWith(container, replaced));
  }
  return replaced.has(root) ? replaced.get(root) : root;
}

function isContainer(value: unknown): value is Container {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Map.prototype || prototype === Set.prototype) return true;
  return prototype === Object.prototype || prototype === null;
}

function membersOf(container: Container): Iterable<unknown> {
  if (Array.isArray(container) || container instanceof Set) return container;
  return container instanceof Map ? container.values() : Object.values(container);
}

function copyWith(container: Container, replaced: ReadonlyMap<unknown, unknown>): Container {
  const of = (member: unknown) => (replaced.has(member) ? replaced.get(member) : member);
  if (Array.isArray(container)) return container.map(of);
  if (container instanceof Set) return new Set([...container].map(of));
  if (container instanceof Map)
    return new Map([...container].map(([key, member]) => [key, of(member)]));
  const copy = Object.create(
    Object.getPrototypeOf(container) as object | null,
    Object.getOwnPropertyDescriptors(container),
  ) as Record<string, unknown>;
  for (const [key, member] of Object.entries(container))
    if (replaced.has(member))
      Object.defineProperty(copy, key, {
        value: replaced.get(member),
        enumerable: true,
        configurable: true,
        writable: true,
      });
  return copy;
}
