{
  "targets": [
    {
      "target_name": "vitrine",
      "sources": [
        "native/addon/addon.cc",
        "native/addon/args.cc",
        "native/addon/bitmap_wrap.cc",
        "native/addon/filter_wrap.cc",
        "native/addon/index_wrap.cc",
        "native/addon/search_task.cc",
        "native/addon/session_wrap.cc",
        "native/core/checksum.cc",
        "native/distance/avx2.cc",
        "native/distance/avx512.cc",
        "native/distance/neon.cc",
        "native/distance/scalar.cc",
        "native/distance/select.cc",
        "native/filter/attributes.cc",
        "native/filter/bitmap.cc",
        "native/filter/column.cc",
        "native/filter/evaluate.cc",
        "native/filter/filter_index.cc",
        "native/filter/program.cc",
        "native/filter/row_set.cc",
        "native/filter/words.cc",
        "native/index/file_format.cc",
        "native/index/flat.cc",
        "native/index/graph_build.cc",
        "native/index/graph_file.cc",
        "native/index/graph_repair.cc",
        "native/index/graph_search.cc",
        "native/index/index.cc",
        "native/index/rows.cc",
        "native/index/scan.cc",
        "native/session/neighbours.cc",
        "native/session/rule_table.cc",
        "native/session/session_index.cc",
        "native/session/session_log.cc"
      ],
      "include_dirs": ["native", "node_modules/node-addon-api"],
      "defines": ["NAPI_VERSION=8", "NAPI_CPP_EXCEPTIONS", "NODE_ADDON_API_CPP_EXCEPTIONS_ALL", "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS", "NODE_GYP_MODULE_NAME=vitrine"],
      "cflags!": ["-fno-exceptions"],
      "cflags_cc!": ["-fno-exceptions", "-std=gnu++17", "-std=gnu++20", "-fno-rtti"],
      "cflags_cc": ["-std=c++20", "-O3", "-fexceptions", "-fvisibility=hidden", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-Wno-error=maybe-uninitialized"],
      "xcode_settings": { "GCC_ENABLE_CPP_EXCEPTIONS": "YES", "CLANG_CXX_LANGUAGE_STANDARD": "c++20" }
    }
  ]
}
