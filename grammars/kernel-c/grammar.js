// C as the Linux kernel writes it: tree-sitter-c plus the kernel's idioms. What no grammar can do (an #if that splits a construct, macros without
// semicolons, the long tail of attribute macros) is masked before the parse, same length, by server/src/syntax/mask.ts.
import C from "tree-sitter-c/grammar.js";

/** Words that stand where a qualifier may: they say something about a pointer, an object or a function, and take no arguments. */
const ANNOTATIONS = [
  // address spaces
  "__iomem __user __rcu __percpu __kernel __force __bitwise __private __nocast",
  // functions
  "__init __exit __net_init __net_exit __meminit __memexit __devinit __ref __always_inline __must_check __cold noinline __noinline asmlinkage",
  "__sched __weak __noreturn __latent_entropy notrace noinline_for_stack __pure __attribute_const__ __cpuidle __visible __malloc __always_unused",
  "__maybe_unused __used noinstr __bpf_kfunc __kprobes __deprecated __lockfunc __nokprobe_inline __init_or_module __initcall_or_module __flatten",
  // data
  "__initdata __exitdata __initconst __exitconst __initdata_or_module __refdata __refconst __read_mostly __ro_after_init __packed __net_initdata",
  "__cacheline_aligned ____cacheline_aligned ____cacheline_aligned_in_smp __cacheline_aligned_in_smp ____ptr_aligned __page_aligned_data",
  "__page_aligned_bss __randomize_layout __no_randomize_layout __designated_init __hw_addr_aligned __nonstring __uninitialized __may_alias",
]
  .join(" ")
  .split(" ");

/** Those that may stand in a type which is an argument. */
const ADDRESS_SPACES = "__iomem __user __rcu __percpu __force".split(" ");

/** The same with arguments; the lock annotations among them are kept by the tree's reader. */
const ANNOTATIONS_WITH_ARGUMENTS = [
  "__must_hold __must_hold_shared __acquires __acquires_shared __releases __releases_shared __cond_acquires __cond_releases __cond_lock",
  "__guarded_by __pt_guarded_by __counted_by __counted_by_le __counted_by_be __counted_by_ptr __sized_by __aligned __printf __scanf __section",
  "__alloc_size __realloc_size __no_sanitize __assume_aligned __nonnull __alias __copy __diagnose_as __counted_by_or_null __attribute_nonstring__",
]
  .join(" ")
  .split(" ");

export default grammar(C, {
  name: "kernel_c",

  conflicts: ($, original) =>
    without(original, "macro_type_specifier", "enum_specifier").concat([
      [$.macro_loop_statement, $.expression],
      [$.macro_block_statement, $.expression],
      [$.expression, $.type_argument],
      [$.expression, $.concatenated_string],
      [$.type_specifier, $.concatenated_string],
      [$.type_specifier, $.field_macro],
      [$.expression, $.guard_statement],
      [$._type_definition_declarators, $.attributed_type_declarator],
      [$.attributed_field_declarator, $._field_declaration_declarator],
      [$.parameter_declaration, $._trailing_attribute],
      [$.compound_statement, $.initializer_list],
      [$.comma_expression, $.initializer_pair],
      [$.comma_expression, $.initializer_list],
      [$.type_specifier, $.expression, $.macro_block_statement],
      [$._declarator, $._declaration_declarator],
    ]),

  rules: {
    // --- Loops and scopes that are macros -------------------------------------------------------------------------

    // list_for_each_entry(p, &head, node) { ... }: the name says that it is a loop, so its body may be any statement.
    iterator_name: () => token(prec(1, /([A-Za-z0-9_]*_)?for_?each(_[A-Za-z0-9_]*)?/)),
    macro_loop_statement: ($) =>
      seq(field("macro", $.iterator_name), field("arguments", $.argument_list), field("body", $.statement)),

    // scoped_guard(mutex, &lock) { ... }
    guard_name: () => token(prec(1, /scoped_[a-z0-9_]+/)),
    guard_statement: ($) =>
      seq(field("macro", $.guard_name), field("arguments", $.argument_list), field("body", $.statement)),

    // drm_exec_until_all_locked(&exec) { ... }: any other name, known for a macro by its block.
    macro_block_statement: ($) =>
      seq(field("macro", $.identifier), field("arguments", $.argument_list), field("body", $.compound_statement)),

    _non_case_statement: ($, original) =>
      choice(original, $.macro_loop_statement, $.guard_statement, $.macro_block_statement, $.label_declaration),

    // __label__ again;
    label_declaration: ($) => seq("__label__", commaSep1(alias($.identifier, $.statement_identifier)), ";"),

    // A label may end a block, or stand before an #ifdef.
    labeled_statement: ($) =>
      prec.right(
        seq(
          field("label", alias($.identifier, $.statement_identifier)),
          ":",
          optional(choice($.declaration, $.statement)),
        ),
      ),

    // case 1 ... 3:
    case_range: ($) => seq(field("low", $.expression), "...", field("high", $.expression)),
    case_statement: ($) =>
      prec.right(
        seq(
          choice(seq("case", field("value", choice($.expression, $.case_range))), "default"),
          ":",
          repeat(choice($._non_case_statement, $.declaration, $.type_definition)),
        ),
      ),

    // goto *table[i];
    goto_statement: ($) =>
      seq("goto", field("label", choice(alias($.identifier, $.statement_identifier), $.pointer_expression)), ";"),

    // switch (x) without braces is not C that anybody writes, but a macro may be its body.
    // --- Attributes -------------------------------------------------------------------------------------------------

    kernel_annotation: () => choice(...ANNOTATIONS),
    annotation: ($) => seq(field("name", choice(...ANNOTATIONS_WITH_ARGUMENTS)), field("arguments", $.argument_list)),
    // struct foo *p __free(kfree) = ...
    cleanup_attribute: ($) => seq(choice("__free", "__cleanup"), "(", field("cleanup", $.identifier), ")"),

    type_qualifier: ($, original) => choice(original, $.kernel_annotation, $.annotation),
    // void __free(kfree) *p = ...
    _declaration_modifiers: ($, original) => choice(original, $.cleanup_attribute),
    _trailing_attribute: ($) =>
      choice($.attribute_declaration, $.attribute_specifier, $.cleanup_attribute, $.kernel_annotation, $.annotation),
    attributed_declarator: ($) => prec.right(seq($._declarator, repeat1($._trailing_attribute))),
    attributed_field_declarator: ($) => prec.right(seq($._field_declarator, repeat1($._trailing_attribute))),
    attributed_type_declarator: ($) => prec.right(seq($._type_declarator, repeat1($._trailing_attribute))),
    function_declarator: ($) =>
      prec.right(
        1,
        seq(
          field("declarator", $._declarator),
          field("parameters", $.parameter_list),
          optional($.gnu_asm_expression),
          repeat(
            choice(
              $.attribute_specifier,
              $.kernel_annotation,
              $.annotation,
              $.identifier,
              alias($.preproc_call_expression, $.call_expression),
            ),
          ),
        ),
      ),

    _function_declaration_declarator: ($) =>
      prec.right(
        1,
        seq(
          field("declarator", $._declarator),
          field("parameters", $.parameter_list),
          optional($.gnu_asm_expression),
          repeat(choice($.attribute_specifier, $.kernel_annotation, $.annotation)),
        ),
      ),

    // --- Types ------------------------------------------------------------------------------------------------------

    // typeof(*p) x; typeof(&f) fn; typeof(struct foo) y;
    typeof_specifier: ($) =>
      seq(
        choice("typeof", "__typeof__", "__typeof", "typeof_unqual", "__unqual_scalar_typeof", "typeof_member"),
        "(",
        choice($.type_descriptor, $.expression),
        optional(seq(",", $.expression)),
        ")",
      ),
    // A macro with a type as its argument is no type here: nearly always it is a call or a loop, which would become a declaration in silence.
    type_specifier: ($, original) =>
      choice(
        ...original.members.filter((member) => member.name !== "macro_type_specifier"),
        $.typeof_specifier,
        alias("__auto_type", $.primitive_type),
      ),

    struct_specifier: ($) => aggregate($, "struct"),
    union_specifier: ($) => aggregate($, "union"),
    enum_specifier: ($) =>
      prec.right(
        seq(
          "enum",
          repeat($._trailing_attribute),
          choice(
            seq(
              field("name", alias($.identifier, $.type_identifier)),
              optional(
                seq(":", field("underlying_type", choice($.primitive_type, alias($.identifier, $.type_identifier)))),
              ),
              field("body", optional($.enumerator_list)),
            ),
            field("body", $.enumerator_list),
          ),
          repeat($._trailing_attribute),
        ),
      ),

    // DECLARE_BITMAP(map, N); in a struct
    // u8 : 3; pads.
    field_declaration: ($) =>
      seq(
        $._declaration_specifiers,
        optional(choice($._field_declaration_declarator, $.bitfield_clause)),
        optional($.attribute_specifier),
        ";",
      ),

    // An enum's members may be made by a macro.
    enumerator: ($) =>
      choice(
        seq(
          field("name", $.identifier),
          repeat($._trailing_attribute),
          optional(seq("=", field("value", $.expression))),
        ),
        seq(field("macro", $.identifier), $.argument_list),
      ),

    field_macro: ($) => seq(field("macro", $.identifier), field("arguments", $.argument_list), ";"),
    _field_declaration_list_item: ($, original) => choice(original, $.field_macro, ";"),

    // A type as a macro's argument: container_of(p, struct foo, m), min_t(unsigned int, a, b), kvmalloc_objs(u32 *, n).
    type_argument: ($) =>
      choice(
        prec.dynamic(
          -1,
          seq(
            repeat($._const),
            field(
              "type",
              choice(
                $.struct_specifier,
                $.union_specifier,
                $.enum_specifier,
                $.sized_type_specifier,
                $.primitive_type,
                $.typeof_specifier,
              ),
            ),
            repeat($._const),
            optional(field("declarator", $._abstract_declarator)),
          ),
        ),
        prec.dynamic(
          -1,
          seq(
            repeat1($._const),
            field("type", alias($.identifier, $.type_identifier)),
            optional(field("declarator", $._abstract_declarator)),
          ),
        ),
        prec.dynamic(
          -2,
          seq(
            field("type", alias($.identifier, $.type_identifier)),
            repeat($._const),
            field("declarator", $.abstract_pointer_declarator),
          ),
        ),
      ),
    _const: ($) => alias(choice("const", "volatile", ...ADDRESS_SPACES), $.type_qualifier),

    // --- Expressions --------------------------------------------------------------------------------------------------

    // An argument may be a type, a block, a jump (scoped_cond_guard(mutex_intr, return -EINTR, &lock)), an operator or nothing.
    _argument: ($) =>
      choice(
        $.expression,
        $.compound_statement,
        $.initializer_list,
        $.initializer_pair,
        $.type_argument,
        $.jump_argument,
        $.operator_argument,
      ),
    jump_argument: ($) =>
      prec.right(
        choice(
          seq("return", optional($.expression)),
          seq("goto", alias($.identifier, $.statement_identifier)),
          "break",
          "continue",
        ),
      ),
    operator_argument: () =>
      choice(
        "==",
        "!=",
        "<",
        "<=",
        ">",
        ">=",
        "+",
        "-",
        "*",
        "/",
        "%",
        "&",
        "|",
        "^",
        "<<",
        ">>",
        "&&",
        "||",
        "=",
        "+=",
        "-=",
      ),
    argument_list: ($) =>
      seq(
        "(",
        optional(choice($._argument, seq(optional($._argument), repeat1(seq(",", optional($._argument)))))),
        ")",
      ),

    // offsetof(struct foo, a.b[c])
    offsetof_expression: ($) =>
      prec(
        8,
        seq(
          choice("offsetof", "__builtin_offsetof"),
          "(",
          field("type", $.type_descriptor),
          ",",
          field("member", $.expression),
          ")",
        ),
      ),

    // KERN_ERR PFX "text" MACRO(x) "text"
    concatenated_string: ($) =>
      prec.right(
        choice(
          seq(
            $.identifier,
            optional($.identifier),
            $.string_literal,
            repeat(choice($.string_literal, $.identifier, $.string_macro)),
          ),
          seq($.string_literal, repeat1(choice($.string_literal, $.identifier, $.string_macro))),
        ),
      ),
    string_macro: ($) => prec(1, seq($.identifier, $.argument_list)),

    alignof_expression: ($) =>
      prec(
        13,
        seq(
          choice("__alignof__", "__alignof", "_alignof", "alignof", "_Alignof"),
          "(",
          choice(field("type", $.type_descriptor), field("value", $.expression)),
          ")",
        ),
      ),

    // register unsigned long r asm("r8") = 1;
    init_declarator: ($) =>
      seq(
        field("declarator", $._declarator),
        optional($.gnu_asm_expression),
        "=",
        field("value", choice($.initializer_list, $.expression)),
      ),

    // asm() with macros for text, constraints and clobbers.
    gnu_asm_expression: ($) =>
      prec(
        15,
        seq(
          choice("asm", "__asm__", "__asm", "asm_inline", "asm_volatile_goto", "asm_goto_output"),
          repeat($.gnu_asm_qualifier),
          "(",
          field("assembly_code", $.expression),
          optional(
            seq(
              field("output_operands", $.gnu_asm_output_operand_list),
              optional(
                seq(
                  field("input_operands", $.gnu_asm_input_operand_list),
                  optional(
                    seq(field("clobbers", $.gnu_asm_clobber_list), optional(field("goto_labels", $.gnu_asm_goto_list))),
                  ),
                ),
              ),
            ),
          ),
          ")",
        ),
      ),
    gnu_asm_output_operand: ($) => asmOperand($),
    gnu_asm_input_operand: ($) => asmOperand($),

    gnu_asm_clobber_list: ($) => seq(":", optional(seq($._clobber, repeat(seq(",", $._clobber))))),
    _clobber: ($) => field("register", choice($.string_literal, $.concatenated_string, $.identifier, $.string_macro)),

    // &&label
    // Where `&&` can be the operator, it is: `(f(x)) && p->y` is no cast of a label's address.
    label_address: ($) => prec.dynamic(-20, prec(14, seq("&&", alias($.identifier, $.statement_identifier)))),

    _declarator: ($, original) => choice(original, alias($.iterator_name, $.identifier)),
    _declaration_declarator: ($, original) => choice(original, alias($.iterator_name, $.identifier)),
    _expression_not_binary: ($, original) =>
      choice(original, alias($.iterator_name, $.identifier), alias($.guard_name, $.identifier), $.label_address),

    // --- Preprocessor ---------------------------------------------------------------------------------------------------

    // The condition of an #if is kept as text: kernel conditions hold macros with any arguments.
    preproc_if: ($) =>
      seq(
        directive("if"),
        field("condition", $.preproc_arg),
        "\n",
        repeat($._block_item),
        field("alternative", optional(choice($.preproc_else, $.preproc_elif, $.preproc_elifdef))),
        directive("endif"),
      ),
    preproc_elif: ($) =>
      seq(
        directive("elif"),
        field("condition", $.preproc_arg),
        "\n",
        repeat($._block_item),
        field("alternative", optional(choice($.preproc_else, $.preproc_elif, $.preproc_elifdef))),
      ),
  },
});

function asmOperand($) {
  return choice(
    seq(
      optional(seq("[", field("symbol", $.identifier), "]")),
      field("constraint", choice($.string_literal, $.concatenated_string)),
      "(",
      field("value", choice($.expression, $.comma_expression)),
      ")",
    ),
    field("macro", choice($.identifier, $.string_macro)),
  );
}

function aggregate($, keyword) {
  return prec.right(
    seq(
      keyword,
      repeat($._trailing_attribute),
      choice(
        seq(field("name", alias($.identifier, $.type_identifier)), field("body", optional($.field_declaration_list))),
        field("body", $.field_declaration_list),
      ),
      repeat($._trailing_attribute),
    ),
  );
}

/** The conflicts that name none of `rules`, which can't be ambiguous any more. */
function without(conflicts, ...rules) {
  return conflicts.filter((conflict) => !conflict.some((symbol) => rules.includes(symbol.name)));
}

function directive(name) {
  return alias(new RegExp("#[ \t]*" + name), "#" + name);
}

function commaSep1(rule) {
  return seq(rule, repeat(seq(",", rule)));
}
