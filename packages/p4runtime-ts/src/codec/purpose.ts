/**
 * What a message of an entity is for: the same entity is complete in an insert, names only its key in a delete, and is
 * a pattern in a read.
 */
export type Purpose = 'insert' | 'modify' | 'delete' | 'read';
