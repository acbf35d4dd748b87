//! Lists where one table stands: `[[line.main]]` for `[line.main]`, or its values one after the other in brackets. The reader
//! of types would take those by their place.

use toml::Spanned;
use toml::de::DeValue;

use super::kind;
use super::repair::Step;
use crate::config::diagnose::Diagnostic;

/// A list that is to be a table.
pub(super) struct Listed {
    pub(super) path: Vec<Step>,
    pub(super) told: Diagnostic,
}

/// The first of them. What stands in it is looked at once it is mended.
pub(super) fn first(file: &str, source: &str, root: &Spanned<DeValue<'_>>) -> Option<Listed> {
    let mut path = Vec::new();
    look(file, source, root, &mut path)
}

fn look(file: &str, source: &str, value: &Spanned<DeValue<'_>>, path: &mut Vec<Step>) -> Option<Listed> {
    match value.get_ref() {
        DeValue::Table(table) => table.iter().find_map(|(key, value)| {
            path.push(Step::Key(key.get_ref().to_string()));
            let found = look(file, source, value, path);
            path.pop();
            found
        }),
        DeValue::Array(_) if kind::is_one_table(&Step::names(path)) => {
            Some(Listed { path: path.clone(), told: told(file, source, value, path) })
        }
        DeValue::Array(list) => list.iter().enumerate().find_map(|(at, value)| {
            path.push(Step::At(at));
            let found = look(file, source, value, path);
            path.pop();
            found
        }),
        DeValue::String(_) | DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => {
            None
        }
    }
}

fn told(file: &str, source: &str, value: &Spanned<DeValue<'_>>, path: &[Step]) -> Diagnostic {
    let names = Step::names(path);
    let several = value.get_ref().as_array().map_or(0, |list| list.len());
    let is_headed = source[value.span().start.min(source.len())..].starts_with("[[")
        && value.get_ref().as_array().is_some_and(|list| list.iter().all(|one| one.get_ref().is_table()));
    let name = names.iter().map(|name| name.unwrap_or("…")).collect::<Vec<_>>().join(".");
    let (message, hint) = if !is_headed {
        ("expected a table, found a list".to_owned(), kind::hint(&names, value.get_ref()))
    } else if kind::has_names(&names) {
        (format!("each {name} has a name, and stands in one pair of brackets"), Some(format!("write [{name}.NAME]")))
    } else if several > 1 {
        (format!("there is one {name}, and it stands here {several} times"), Some(format!("write one [{name}]")))
    } else {
        (format!("there is one {name}: it stands in one pair of brackets"), Some(format!("write [{name}]")))
    };
    Diagnostic { hint, ..Diagnostic::at(file, source, value.span(), message, None) }
}
