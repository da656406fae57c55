/** True for PostgreSQL's 23505 on that constraint or unique index. */
export function isUniqueViolation(error: unknown, constraintName: string): boolean {
  return (
    error instanceof Error &&
    "code" in error &&
    error.code === "23505" &&
    "constraint_name" in error &&
    error.constraint_name === constraintName
  );
}
