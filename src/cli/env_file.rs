//! `--env-file`: runs a command with the settings of a service.

use std::{
    env,
    ffi::{OsStr, OsString},
    fs,
    os::unix::process::CommandExt,
    path::Path,
    process::Command,
};

const FLAG: &str = "--env-file";

/// Restarts this program with the file's variables added to the environment, so that they reach all of it, including
/// the PostgreSQL driver, which reads variables of its own. Returns only if that fails, with the reason.
pub(super) fn start_again(file: &Path) -> String {
    let variables = match fs::read_to_string(file) {
        Ok(text) => match parse(&text) {
            Ok(variables) => variables,
            Err(line) => return format!("{}: line {line} is not `NAME=value`", file.display()),
        },
        Err(error) => return format!("{}: the file cannot be read: {error}", file.display()),
    };
    // Without /proc, by the name that the program was called by.
    let program = env::current_exe().unwrap_or_else(|_| env::args_os().next().unwrap_or_default().into());
    let error = Command::new(program).args(without_flag(env::args_os())).envs(variables).exec();
    format!("the program could not be restarted with {}: {error}", file.display())
}

/// The arguments after the program's name, without the flag and its value.
fn without_flag(arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments = arguments.skip(1);
    let mut kept = Vec::new();
    while let Some(argument) = arguments.next() {
        if argument == OsStr::new(FLAG) {
            arguments.next();
        } else if !argument.as_encoded_bytes().starts_with(b"--env-file=") {
            kept.push(argument);
        }
    }
    kept
}

/// The state of the parser, which follows systemd's own (`env-file.c`).
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Line,
    Comment,
    Name,
    /// Before a value, or after a quoted part of it.
    BeforeValue,
    Value,
    ValueEscape,
    Single,
    Double,
    DoubleEscape,
}

/// The variables of a file in the format of an `EnvironmentFile` (systemd.exec(5)); later values override earlier ones.
/// The error is the number of an invalid line.
///
/// Where systemd ignores a line that it does not understand, this refuses it: nobody looks for a setting that is
/// missing because of a typing error.
fn parse(text: &str) -> Result<Vec<(String, String)>, usize> {
    let mut variables = Vec::new();
    let (mut at, mut line, mut started) = (At::Line, 1, 1);
    let (mut name, mut value) = (String::new(), String::new());
    // The length up to which trailing blanks are kept, because they were quoted or escaped.
    let mut kept = 0;
    for c in text.chars().chain(['\n']) {
        match (at, c) {
            (At::Line, '#' | ';') => at = At::Comment,
            (At::Line, c) if c.is_ascii_whitespace() => {}
            (At::Line, c) => {
                (name, value, kept, started) = (c.to_string(), String::new(), 0, line);
                at = At::Name;
            }
            (At::Comment, '\n') => at = At::Line,
            (At::Comment, _) => {}
            (At::Name, '=') if is_name(name.trim_end()) => at = At::BeforeValue,
            (At::Name, '=' | '\n') => return Err(started),
            (At::Name, c) => name.push(c),
            (At::BeforeValue | At::Value, '\n') => {
                let end = kept + value[kept..].trim_end().len();
                variables.push((name.trim_end().to_owned(), value[..end].to_owned()));
                at = At::Line;
            }
            (At::BeforeValue, '\'') => at = At::Single,
            (At::BeforeValue, '"') => at = At::Double,
            (At::BeforeValue, c) if c.is_ascii_whitespace() => {}
            (At::BeforeValue | At::Value, '\\') => at = At::ValueEscape,
            (At::BeforeValue | At::Value, c) => {
                value.push(c);
                at = At::Value;
            }
            (At::ValueEscape, c) => {
                // The line continues.
                if c != '\n' {
                    value.push(c);
                }
                kept = value.len();
                at = At::Value;
            }
            (At::Single, '\'') | (At::Double, '"') => {
                kept = value.len();
                at = At::BeforeValue;
            }
            (At::Double, '\\') => at = At::DoubleEscape,
            (At::Single | At::Double, c) => value.push(c),
            (At::DoubleEscape, c) => {
                if !matches!(c, '"' | '\\' | '`' | '$' | '\n') {
                    value.push('\\');
                }
                if c != '\n' {
                    value.push(c);
                }
                at = At::Double;
            }
        }
        line += usize::from(c == '\n');
    }
    if at == At::Line { Ok(variables) } else { Err(started) }
}

fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_systemd_reads_them() {
        for (text, value) in [
            ("A=plain", "plain"),
            ("A = spaced out  ", "spaced out"),
            ("A=", ""),
            ("A=a#b;c", "a#b;c"),
            ("A='single $x \\ \"'", "single $x \\ \""),
            ("A=\"double \\\"quoted\\\" \\$x \\n\"", "double \"quoted\" $x \\n"),
            ("A=\"two\nlines\"", "two\nlines"),
            ("A=one\\\ntwo", "onetwo"),
            ("A=back\\\\slash\\ ", "back\\slash "),
            ("A='one''two'", "onetwo"),
            ("A=it\"s", "it\"s"),
            ("A='trailing '  ", "trailing "),
            ("A=postgres://u:p%40w@h/db?sslmode=require", "postgres://u:p%40w@h/db?sslmode=require"),
        ] {
            assert_eq!(parse(text), Ok(vec![("A".to_owned(), value.to_owned())]), "{text:?}");
        }
    }

    #[test]
    fn comments_and_blank_lines_are_ignored_and_errors_name_the_line() {
        let text = "# comment\n; another = one\n\n  A=1\r\nB=2\n";
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(parse(text), Ok(vec![pair("A", "1"), pair("B", "2")]));
        for (text, line) in [("A=1\nexport B=2", 2), ("A\n", 1), ("A=1\n\nB='open\nC=3\n", 3), ("=1", 1), ("1A=2", 1)] {
            assert_eq!(parse(text), Err(line), "{text:?}");
        }
    }

    #[test]
    fn the_flag_is_removed_for_the_restart() {
        let arguments = ["marbelle", "--env-file", "x", "user", "--env-file=y", "delete", "a@b.example"];
        let kept = without_flag(arguments.into_iter().map(OsString::from));
        assert_eq!(kept, ["user", "delete", "a@b.example"]);
    }
}
