//! The parser's errors in plain sentences. No text of the file is repeated: it may be confidential.

use granit_parser::ErrorKind as E;

use super::build::MAX_DEPTH;

/// The byte to point at for an error that the parser met at `at`: a tab itself, not what stands before or behind it.
pub(super) fn place(kind: &E, text: &str, at: usize) -> usize {
    if fixed(kind) != TAB || text.as_bytes().get(at) == Some(&b'\t') {
        return at;
    }
    match at.checked_sub(1) {
        Some(before) if text.as_bytes().get(before) == Some(&b'\t') => before,
        _ => text.get(at..).and_then(|rest| rest.find('\t')).map_or(at, |offset| at + offset),
    }
}

pub(super) fn sentence(kind: &E) -> String {
    match kind {
        E::MismatchedFlowCollectionEnd { open, close } => format!("this `{open}` is closed by `{close}`"),
        E::UnclosedFlowCollection { open } => format!("this `{open}` is never closed"),
        E::UnexpectedCharacter { character } if character.is_control() => {
            format!("the control character U+{:04X} is not allowed in YAML", u32::from(*character))
        }
        E::RecursionLimitExceeded => format!("nested deeper than {MAX_DEPTH} levels"),
        other => fixed(other).to_owned(),
    }
}

fn fixed(kind: &E) -> &'static str {
    match kind {
        E::UnexpectedEofFlowSequence
        | E::UnexpectedEofFlowMapping
        | E::UnexpectedEofImplicitFlowMapping
        | E::UnexpectedEofBlockSequence
        | E::UnexpectedEofBlockMapping
        | E::UnexpectedEof => "the document ends in the middle of a value",
        E::DuplicateVersionDirective
        | E::UnsupportedYamlMajorVersion
        | E::DuplicateTagDirective
        | E::ExpectedDocumentStart
        | E::MissingDocumentEndBeforeDirective
        | E::InvalidDirectiveTerminator
        | E::DirectiveDisallowed
        | E::MissingYamlVersionSeparator
        | E::MissingDirectiveName
        | E::InvalidDirectiveName
        | E::YamlVersionTooLong
        | E::MissingYamlVersion
        | E::InvalidTagDirectiveTerminator
        | E::ExpectedTagDirectiveBang => DIRECTIVE,
        E::UnknownAnchor => "no anchor of this name stands before the alias in its document",
        E::ExpectedNodeContent | E::UnexpectedEndOfPlainScalar | E::PlainScalarStartsWithDashFlowIndicator => {
            "a value is missing here"
        }
        E::ExpectedBlockMappingKey => "a key should stand here; the indentation or a quote above it may be wrong",
        E::ExpectedFlowMappingSeparator => "`,` or `}` should stand here",
        E::ExpectedFlowSequenceSeparator => "`,` or `]` should stand here",
        E::ExpectedBlockSequenceEntry => "a list item should stand here; the indentation may be wrong",
        E::SimpleKeyExpected | E::InvalidSimpleKey => {
            "a key's `:` is missing here, or the line belongs to the value above and is indented too little"
        }
        E::InvalidDocumentEnd => "only a comment may follow `...`",
        E::InvalidIndentation | E::InvalidFlowScalarIndent | E::InvalidQuotedScalarIndent => {
            "this line is indented too little"
        }
        E::InvalidBlockScalarIndent => "a blank line is indented deeper than the text below it",
        E::UnexpectedCharacter { .. } => "a value without quotes cannot begin with this character",
        E::TabNotAllowed
        | E::TabInBlockIndentation
        | E::TabInIndentation
        | E::TabInPlainScalar
        | E::TabAtBlockScalarStart
        | E::InvalidBlockEntryWhitespace
        | E::InvalidMappingValueWhitespace => TAB,
        E::CommentInterceptedScalar => "a comment cannot stand between the lines of a value",
        E::ExpectedWhitespace => "a space is missing here",
        E::CommentNotSeparated => "a space is missing in front of `#`",
        E::UndeclaredTagHandle
        | E::ExpectedTagBang
        | E::InvalidGlobalTagCharacter
        | E::InvalidTagTerminator
        | E::MissingTagUri
        | E::UnclosedVerbatimTag
        | E::InvalidTagEscape
        | E::InvalidTagUtf8LeadingByte
        | E::InvalidTagUtf8TrailingByte
        | E::InvalidTagUtf8 => "this is no valid tag; put the value in quotes if it is text",
        E::MissingAnchorOrAliasName => "a name is missing behind `&` or `*`; put the value in quotes if it is text",
        E::MisplacedFlowCollectionEnd => "this bracket closes nothing",
        E::BlockEntryInFlowCollection => "`- ` cannot stand inside brackets",
        E::BlockSequenceEntryNotAllowed => "a list item cannot begin here; it needs a line of its own",
        E::ZeroBlockScalarIndent | E::InvalidBlockScalarHeader => {
            "only a digit from 1 to 9, `+`, `-` and a comment may follow `|` or `>` on its line"
        }
        E::DocumentIndicatorInQuotedScalar | E::UnclosedQuotedScalar => "this quote is never closed",
        E::InvalidTrailingSingleQuotedScalar | E::InvalidTrailingDoubleQuotedScalar => {
            "text follows the closing quote; put all of the value in quotes"
        }
        E::UnknownQuotedScalarEscape => {
            "there is no such escape in double quotes; double the `\\` or use single quotes"
        }
        E::InvalidQuotedScalarHexEscape
        | E::InvalidLowSurrogateHexEscape
        | E::InvalidLowSurrogate
        | E::MissingLowSurrogate
        | E::UnpairedLowSurrogate
        | E::InvalidUnicodeEscape => "this escape names no character",
        E::InvalidColonPlacement => "a `:` cannot stand here; a bracket before it may be left open",
        E::MappingKeyNotAllowed | E::FlowMappingValueAdjacentCollection | E::MappingValueNotAllowed => {
            "a `:` cannot stand here; put the value in quotes if it is text"
        }
        E::TooManyComments => "there are too many comments here",
        _ => "this is not YAML",
    }
}

const TAB: &str = "a tab cannot indent YAML; use spaces";
const DIRECTIVE: &str =
    "Kubernetes reads no `%` directives: it splits the file at `---` before it looks for them; leave the line out";
