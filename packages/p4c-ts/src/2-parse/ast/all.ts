/**
 * Everything that the files of this folder declare, under one roof: `../ast.ts` adds the union of all nodes and is what
 * others import.
 */
export * from './annotations.ts';
export * from './base.ts';
export * from './declarations.ts';
export * from './expressions.ts';
export * from './names.ts';
export * from './statements.ts';
export * from './tables.ts';
export * from './types.ts';
