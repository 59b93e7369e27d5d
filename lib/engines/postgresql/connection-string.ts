/** Where a connection string is the only way: `dbname='it''s'` in the quoting of libpq. */
export const connectionString = (database: string) => `dbname='${database.replace(/[\\']/g, String.raw`\$&`)}'`;
