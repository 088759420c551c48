/**
 * The scripts that shells evaluate. Each hands the words before the cursor to `mooring completion SHELL -- WORD...` and
 * takes what it prints, a candidate a line with what it is about behind a tab, or `:files`. So the three agree, and a
 * script never grows old.
 */

/** Shells that there is a script for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** Printed in place of candidates where a file can stand. */
export const FILES = ':files';

/** The script for one shell. */
export function completionScript(shell: Shell): string {
  switch (shell) {
    case 'bash':
      return `_mooring() {
  local line candidates
  COMPREPLY=()
  # bash takes --vip=web apart at the equals sign; what is typed behind it stands alone here.
  local words=() word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD}"; do [ "$word" = = ] || words+=("$word"); done
  [ "\${COMP_WORDS[COMP_CWORD]}" != = ] || words+=('')
  candidates=$(mooring completion bash -- "\${words[@]}" 2>/dev/null)
  if [ "$candidates" = '${FILES}' ]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "\${words[\${#words[@]}-1]}")
    return
  fi
  while IFS= read -r line; do [ -z "$line" ] || COMPREPLY+=("\${line%%$'\\t'*}"); done <<< "$candidates"
}
complete -F _mooring mooring
`;
    case 'zsh':
      return `#compdef mooring
_mooring() {
  local line candidates
  local -a described
  candidates=$(mooring completion zsh -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if [[ $candidates == '${FILES}' ]]; then _files; return; fi
  for line in "\${(@f)candidates}"; do
    [[ $line == *$'\\t'* ]] || line+=$'\\t'
    [[ $line != $'\\t' ]] && described+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  _describe 'mooring' described
}
compdef _mooring mooring
`;
    case 'fish':
      return `function __mooring_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  set -l candidates (mooring completion fish -- $words[2..-1] "$current" 2>/dev/null)
  if test "$candidates" = '${FILES}'
    __fish_complete_path "$current"
  else
    printf '%s\\n' $candidates
  end
end
complete -c mooring -f -a '(__mooring_complete)'
`;
    default:
      throw new Error(`unexpected shell ${shell satisfies never}`);
  }
}
