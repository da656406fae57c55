/** What may not be enforced on a machine, in words that follow "On this machine". */
export const MEMORY_GAP = "memory is not limited";
export const PROCESSES_GAP = "the number of processes is not limited";
export const PROCESSORS_GAP = "processor time is not limited";
export const ISOLATION_GAP = "files and networks are not kept from sessions";
