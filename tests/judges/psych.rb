# Reads YAML files as GitLab's own loader does (`Gitlab::Config::Loader::Yaml`): Psych, symbols and `!reference` allowed,
# all other classes not.
#
# Input:  the paths of the files, as a list in JSON.
# Output: [{"documents": [...]} or {"rejected": "why"}], in the order of the input. A reference is {"!reference": [...]},
#         an entry of a mapping a pair, since JSON would join keys that are not the same to Ruby.
require "json"
require "psych"

class Reference
  attr_reader :path

  def init_with(coder)
    @path = coder.public_send(coder.type)
  end
end
Psych.add_tag("!reference", Reference)

class TooLargeError < StandardError; end

# GitLab counts what aliases make of a text before it looks at it (`Gitlab::Utils::DeepSize`).
MOST_VALUES = 300_000

def plain(value)
  raise TooLargeError, "too many values" if ($values += 1) > MOST_VALUES

  case value
  when Hash then {"mapping" => value.map { |key, inner| [key.to_s, plain(inner)] }}
  when Array then value.map { |inner| plain(inner) }
  when Reference then {"!reference" => plain(value.path)}
  when Symbol then {"symbol" => value.to_s}
  when Float then value.finite? ? value : value.to_s
  else value
  end
end

def documents(text)
  classes = Psych::ClassLoader::Restricted.new(%w[Symbol Reference], [])
  visitor = Psych::Visitors::ToRuby.new(Psych::ScalarScanner.new(classes), classes)
  $values = 0
  Psych.parse_stream(text).children.map { |document| plain(visitor.accept(document)) }
end

answers = JSON.parse($stdin.read).map do |path|
  {"documents" => documents(File.read(path, encoding: "bom|utf-8"))}
rescue Psych::Exception, ArgumentError, NoMethodError, TypeError, SystemStackError, TooLargeError => error
  {"rejected" => error.message.lines.first.to_s.strip}
end
puts JSON.generate(answers, max_nesting: 0)
