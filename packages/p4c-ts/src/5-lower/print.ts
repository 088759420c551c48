/**
 * Prints the intermediate representation for people: `--dump-after` shows it after each pass. The notation is close to
 * P4, one line an instruction, one paragraph a block; blocks are called by name and number.
 */
import type {
  Block,
  Expression,
  FieldListItem,
  Graph,
  HeaderReference,
  Instruction,
  Place,
  Program,
  ScalarType,
  Table,
  Terminator,
} from './ir.ts';
import { reachableBlocks } from './ir.ts';

/** The whole program as text. */
export function printIr(program: Program): string {
  const lines: string[] = [];
  const actions = new Set<Table>();
  const section = (name: string, graph: Graph): void => {
    lines.push(`${name} {`);
    for (const block of reachableBlocks(graph)) {
      lines.push(...printBlock(block).map((line) => `  ${line}`));
      if (block.terminator.kind === 'apply') actions.add(block.terminator.table);
    }
    lines.push('}', '');
  };
  section('parser', program.parser.graph);
  section('ingress', program.ingress.graph);
  section('egress', program.egress.graph);
  for (const table of actions) {
    const keys = table.keys.map((key) => `${printExpression(key.expression)}: ${key.matchKind}`);
    lines.push(`table ${table.name}(${keys.join(', ')})`);
    for (const { action } of table.actions) {
      section(
        `action ${action.name}(${action.parameters.map((p) => `${printScalarType(p.type)} ${p.name}`).join(', ')})`,
        action.body,
      );
    }
  }
  lines.push(`deparser ${program.deparser.headers.map((header) => header.name).join(', ')}`);
  for (const checksum of program.checksums) {
    const items = checksum.items.map(printItem).join(', ');
    lines.push(
      `${checksum.isVerification ? 'verify' : 'update'} ${printPlace(checksum.target)} ${checksum.algorithm}(${items}) if ${printExpression(checksum.condition)}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function printBlock(block: Block): string[] {
  return [
    `${nameOf(block)}:`,
    ...block.instructions.map((instruction) => `  ${printInstruction(instruction)}`),
    `  ${printTerminator(block.terminator)}`,
  ];
}

function nameOf(block: Block): string {
  return `${block.name}#${block.id}`;
}

function printTerminator(terminator: Terminator): string {
  switch (terminator.kind) {
    case 'goto':
      return `goto ${nameOf(terminator.target)}`;
    case 'branch':
      return `if ${printExpression(terminator.condition)} goto ${nameOf(terminator.whenTrue)} else ${nameOf(terminator.whenFalse)}`;
    case 'apply': {
      const { next, table } = terminator;
      if (next.kind === 'always') return `apply ${table.name} then ${nameOf(next.target)}`;
      if (next.kind === 'hit-miss') return `apply ${table.name} hit ${nameOf(next.hit)} miss ${nameOf(next.miss)}`;
      const targets = [...next.targets].map(([action, target]) => `${action.action.name} ${nameOf(target)}`);
      return `apply ${table.name} ${[...targets, `default ${nameOf(next.otherwise)}`].join(', ')}`;
    }
    case 'select': {
      const cases = terminator.cases.map((selectCase) => {
        const { match } = selectCase;
        const sets =
          'valueSet' in match
            ? match.valueSet.name
            : match.map(({ value, mask }) => `${value.toString(16)}&&&${mask.toString(16)}`).join(', ');
        return `(${sets}): ${nameOf(selectCase.target)}`;
      });
      return `select (${terminator.keys.map(printExpression).join(', ')}) { ${cases.join('; ')} }`;
    }
    default:
      return terminator.kind;
  }
}

function printScalarType(type: ScalarType): string {
  switch (type.kind) {
    case 'bits':
      return `${type.signed ? 'int' : 'bit'}<${type.width}>`;
    case 'varbit':
      return `varbit<${type.maxWidth}>`;
    default:
      return type.kind;
  }
}

function printItem(item: FieldListItem): string {
  return item.kind === 'header' ? item.header.name : printExpression(item.expression);
}

/** One instruction. */
export function printInstruction(instruction: Instruction): string {
  switch (instruction.kind) {
    case 'assign':
      return `${printPlace(instruction.target)} = ${printExpression(instruction.value)}`;
    case 'copy-header':
      return `${printHeader(instruction.target)} = ${printHeader(instruction.source)}`;
    case 'copy-stack':
    case 'copy-union':
    case 'copy-union-stack':
      return `${instruction.target.name} = ${instruction.source.name}`;
    case 'set-valid':
    case 'set-invalid':
      return `${printHeader(instruction.header)}.${instruction.kind}`;
    case 'push':
    case 'pop':
      return `${instruction.stack.name}.${instruction.kind}(${instruction.count})`;
    case 'extract':
      return `extract ${printHeader(instruction.header)}${instruction.length ? ` ${printExpression(instruction.length)}` : ''}`;
    case 'advance':
      return `advance ${printExpression(instruction.bits)}`;
    case 'verify':
      return `verify ${printExpression(instruction.condition)} ${printExpression(instruction.error)}`;
    case 'count':
      return `count ${instruction.counter.name}[${printExpression(instruction.index)}]`;
    case 'execute-meter':
      return `${printPlace(instruction.target)} = meter ${instruction.meter.name}[${printExpression(instruction.index)}]`;
    case 'read-register':
      return `${printPlace(instruction.target)} = ${instruction.register.name}[${printExpression(instruction.index)}]`;
    case 'write-register':
      return `${instruction.register.name}[${printExpression(instruction.index)}] = ${printExpression(instruction.value)}`;
    case 'random':
      return `${printPlace(instruction.target)} = random(${printExpression(instruction.low)}, ${printExpression(instruction.high)})`;
    case 'hash':
      return `${printPlace(instruction.target)} = ${printExpression(instruction.base)} + ${instruction.algorithm}(${instruction.items.map(printItem).join(', ')}) % ${printExpression(instruction.maximum)}`;
    case 'digest':
      return `digest ${instruction.name}(${instruction.items.map(printExpression).join(', ')})`;
    case 'mark-to-drop':
      return 'mark-to-drop';
    case 'clone':
      return `clone ${instruction.from} ${printExpression(instruction.session)} ${instruction.fieldList ?? ''}`.trimEnd();
    case 'resubmit':
    case 'recirculate':
      return `${instruction.kind} ${instruction.fieldList ?? ''}`.trimEnd();
    case 'truncate':
      return `truncate ${printExpression(instruction.length)}`;
    case 'assert':
    case 'assume':
      return `${instruction.kind} ${printExpression(instruction.condition)}`;
    case 'log':
      return `log ${JSON.stringify(instruction.message)} ${instruction.arguments.map(printExpression).join(', ')}`.trimEnd();
    case 'extern-call':
      return `extern ${instruction.name}`;
  }
}

/** One place. */
export function printPlace(place: Place): string {
  return place.kind === 'variable' ? place.variable.name : `${printHeader(place.header)}.${place.field.name}`;
}

function printHeader(header: HeaderReference): string {
  switch (header.kind) {
    case 'instance':
      return header.instance.name;
    case 'element':
      return `${header.stack.name}[${printExpression(header.index)}]`;
    case 'next':
    case 'last':
      return `${header.stack.name}.${header.kind}`;
    case 'union-element':
      return `${header.stack.name}[${printExpression(header.index)}].${header.stack.type.members[header.member]!.name}`;
    case 'union-next':
    case 'union-last':
      return `${header.stack.name}.${header.kind.slice(6)}.${header.stack.type.members[header.member]!.name}`;
  }
}

/** One expression. */
export function printExpression(expression: Expression): string {
  const inner = printExpression;
  switch (expression.kind) {
    case 'constant':
      return expression.type.kind === 'bool'
        ? String(expression.value !== 0n)
        : `0x${expression.value.toString(16)}`.replace('0x-', '-0x');
    case 'read':
      return printPlace(expression.place);
    case 'parameter':
      return expression.name;
    case 'unary':
      return `${expression.operator}${inner(expression.operand)}`;
    case 'binary':
      return `(${inner(expression.left)} ${expression.operator} ${inner(expression.right)})`;
    case 'conditional':
      return `(${inner(expression.condition)} ? ${inner(expression.whenTrue)} : ${inner(expression.whenFalse)})`;
    case 'cast':
      return `(${printScalarType(expression.type)})${inner(expression.operand)}`;
    case 'slice':
      return `${inner(expression.operand)}[${expression.high}:${expression.low}]`;
    case 'concat':
      return `(${inner(expression.left)} ++ ${inner(expression.right)})`;
    case 'is-valid':
      return `${printHeader(expression.header)}.isValid()`;
    case 'is-valid-union':
      return expression.union.kind === 'instance'
        ? `${expression.union.instance.name}.isValid()`
        : `${expression.union.stack.name}[${inner(expression.union.index)}].isValid()`;
    case 'last-index':
      return `${expression.stack.name}.lastIndex`;
    case 'lookahead':
      return `lookahead(${expression.offset}, ${printScalarType(expression.type)})`;
  }
}
