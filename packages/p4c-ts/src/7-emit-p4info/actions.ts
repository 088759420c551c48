/** Actions and their parameters: the control plane's data are the parameters without direction. */
import type * as ast from '../2-parse/ast.ts';
import * as T from '../3-types/types.ts';
import { localName, withoutDot } from '../4-elaborate/names.ts';
import { annotationFields, documentation, fieldIds } from './annotations.ts';
import type { P4InfoContext } from './context.ts';
import type { Environment } from './environments.ts';
import type { Action } from './model.ts';
import type { ActionObject } from './objects.ts';

/** The parameters that the control plane provides. */
export function controlPlaneParameters(declaration: ast.ActionDeclaration): readonly ast.Parameter[] {
  return declaration.parameters.filter((parameter) => parameter.direction === 'none');
}

/** The type of an action's parameter in an instance. */
export function parameterType(context: P4InfoContext, environment: Environment, parameter: ast.Parameter): T.Type {
  return environment.concrete(context.typed.declarationTypes.get(parameter) ?? T.erroneousType);
}

/** Describes an action. */
export function describeAction(context: P4InfoContext, object: ActionObject): Action {
  const { declaration, name, environment } = object;
  const { types, reporter } = context;
  const preamble = context.preamble('action', name, declaration.annotations);
  const parameters = object.isOnlyCalled ? [] : controlPlaneParameters(declaration);
  const ids = fieldIds(parameters, reporter);
  const params = parameters.map((parameter, index) => {
    const type = parameterType(context, environment, parameter);
    const { annotations } = parameter;
    const doc = documentation(annotations);
    const base = {
      id: ids[index]!,
      name: withoutDot(localName(parameter.name.name, annotations)),
      ...annotationFields(annotations, context.evaluate),
      ...(doc === undefined ? {} : { doc }),
    };
    types.touch();
    const allowed = ['bits', 'bool', 'newtype', 'serializable-enum', 'enum'];
    if (!allowed.includes(type.kind)) {
      reporter.error(
        'type-error',
        parameter.name.span,
        `parameter '${parameter.name.name}' of action '${name}' has the type ${T.printType(type)}, but the control plane can only give bit<>, int<>, bool, enums and types made of those`,
      );
      return base;
    }
    types.convert(type);
    const bitwidth = types.bitwidth(type);
    const typeName = types.newtypeName(type) ?? (type.kind === 'enum' ? type.name : undefined);
    return {
      ...base,
      ...(bitwidth === undefined ? {} : { bitwidth }),
      ...(typeName === undefined ? {} : { typeName: { name: typeName } }),
    };
  });
  return { preamble, params };
}
